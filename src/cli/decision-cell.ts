/** What a group's site decided; what prevents that decision from being carried out comes first. */
export const decisionCell = (decision: string, blocked: string | undefined): string =>
  blocked === undefined ? decision : `${blocked} (${decision})`;
