import { stringify } from 'yaml';

/**
 * A value as YAML, for commands that load the package only when it is asked for.
 *
 * **Gotchas.** They import this file, never `yaml` itself: a bundle gives a CommonJS package that is imported while the program
 * runs as a default export alone.
 */
export const yamlText = (value: unknown): string => stringify(value);
