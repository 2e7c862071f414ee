/**
 * A number with its noun, such as `1 job` and `12 jobs`.
 * @param more the plural; default: `one` with an s
 */
export const count = (number: number, one: string, more = `${one}s`): string =>
  `${number} ${number === 1 ? one : more}`;
