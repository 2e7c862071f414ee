import { stringify } from 'yaml';
import { escaped, harmless } from './terminal.ts';

/**
 * A value as YAML, for commands that load the package only when it is asked for.
 *
 * **Gotchas.** They import this file, never `yaml` itself: a bundle gives a CommonJS package that is imported while the program
 * runs as a default export alone.
 */
export function yamlText(value: unknown): string {
  const text = stringify(value);
  // A terminal would act on what others wrote, and only text in double quotes can say it otherwise.
  return harmless(text) === text ? text : escaped(stringify(value, { defaultStringType: 'QUOTE_DOUBLE' }));
}
