import { isAbsolute, resolve } from 'node:path';
import { parseDuration } from '#base/duration.ts';
import { GlideinError } from '#base/error.ts';

/** How settings' texts become values. Each throws GlideinError InvalidArgument. */
export const text = (value: string): string => value;

/** An absolute path; relative ones count from the working directory. */
export const path = (value: string): string => (isAbsolute(value) ? value : resolve(value));

export const seconds = (value: string): number => parseDuration(value) / 1000;

export function port(value: string): number {
  const number = Number(value);
  if (Number.isInteger(number) && number >= 0 && number <= 65_535) return number;
  throw new GlideinError('InvalidArgument', `"${value}" is not a port`, {
    cure: 'write a number from 0 to 65535',
  });
}

export function oneOf<const Choice extends string>(...choices: readonly Choice[]): (value: string) => Choice {
  return (value) => {
    const found = choices.find((choice) => choice === value);
    if (found !== undefined) return found;
    throw new GlideinError('InvalidArgument', `"${value}" is not possible here`, {
      cure: `write one of ${choices.join(', ')}`,
    });
  };
}

export const logLevel = oneOf('trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent');
