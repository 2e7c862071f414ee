import { stringify } from 'yaml';
import { print, type Terminal } from './terminal.ts';

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
  if (output === 'json') print(terminal, JSON.stringify(all, null, 2));
  else if (output === 'yaml') terminal.out.write(stringify(all));
  else print(terminal, people(output === 'wide'));
}
