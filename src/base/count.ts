/**
 * A number with its noun, such as `1 job` and `12 jobs`.
 * @param more the plural; `one` with an s if absent
 */
export const count = (number: number, one: string, more = `${one}s`): string =>
  `${number} ${number === 1 ? one : more}`;
