/** A word between double braces stands for a value that is known when the service starts. */
const template = /\{\{([^{}]*)\}\}/g;

/** The names of the templates in a text, without their braces. */
export const templatesIn = (text: string): string[] =>
  [...text.matchAll(template)].map(([, name = '']) => name.trim());

/** The text with its templates replaced; a name without a value stays as it is. */
export const filledIn = (text: string, values: ReadonlyMap<string, string>): string =>
  text.replace(template, (whole, name: string) => values.get(name.trim()) ?? whole);
