/** What a group's site decided; first what keeps the decision from being carried out. */
export const decisionCell = (decision: string, blocked: string | undefined): string =>
  blocked === undefined ? decision : `${blocked} (${decision})`;
