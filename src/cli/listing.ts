import { jsonText } from './json-text.ts';
import { print, type Terminal } from './terminal.ts';
import { yamlText } from './yaml-text.ts';

/** The format in which a listing was requested. */
export interface Listing {
  readonly output: 'table' | 'wide' | 'json' | 'yaml';
}

/** Prints everything for programs, or what `people` returns for people. */
export function printListing(
  terminal: Terminal,
  { output }: Listing,
  all: unknown,
  people: (wide: boolean) => string,
): void {
  if (output === 'json') print(terminal, jsonText(all, 2));
  else if (output === 'yaml') terminal.out.write(yamlText(all));
  else print(terminal, people(output === 'wide'));
}

/** What a group's site decided; what prevents that decision from being carried out comes first. */
export const decisionCell = (decision: string, blocked: string | undefined): string =>
  blocked === undefined ? decision : `${blocked} (${decision})`;
