import { isIP } from 'node:net';
import { isAbsolute, resolve } from 'node:path';
import { parseDuration } from '#base/duration.ts';
import { GlideinError } from '#base/error.ts';
import { parseQuantity } from '#base/quantity.ts';

/** The functions of this file turn the text of a setting into its value. Each throws GlideinError InvalidArgument. */
export const text = (value: string): string => value;

/** An absolute path; a relative one starts from the working directory. */
export const path = (value: string): string => (isAbsolute(value) ? value : resolve(value));

export const seconds = (value: string): number => parseDuration(value) / 1000;

/** The length of a lease, in seconds. */
export function lease(value: string): number {
  const length = seconds(value);
  if (length >= 1 && length <= longestLease) return length;
  throw new GlideinError('InvalidArgument', `"${value}" is not a valid lease`, {
    cure: 'write a duration from 1s to 30d',
  });
}

const longestLease = 30 * 86_400;

/** The length of an interval, in seconds: from one second to a day. */
export function interval(value: string): number {
  const length = seconds(value);
  if (length >= 1 && length <= 86_400) return length;
  throw new GlideinError('InvalidArgument', `"${value}" is not a valid interval`, {
    cure: 'write a duration from 1s to 1d',
  });
}

export function port(value: string): number {
  const number = Number(value);
  if (/^[0-9]+$/.test(value) && number <= 65_535) return number;
  throw new GlideinError('InvalidArgument', `"${value}" is not a port`, {
    cure: 'write a number from 0 to 65535',
  });
}

/** A size such as 512Mi. */
export const bytes = (value: string): number => Math.floor(parseQuantity(value));

/** Addresses and networks, separated by commas. */
export function networks(value: string): readonly string[] {
  return value.split(',').map((each) => {
    const [address = '', length, ...more] = each.trim().split('/');
    const most = isIP(address) === 6 ? 128 : 32;
    const fits = length === undefined || (/^[0-9]+$/.test(length) && Number(length) <= most);
    if (isIP(address) !== 0 && fits && more.length === 0) return each.trim();
    throw new GlideinError('InvalidArgument', `"${each}" is not a network`, {
      cure: 'write addresses or networks, such as 10.1.2.3,10.8.0.0/16,fd00::/8',
    });
  });
}

export function positiveCount(value: string): number {
  const number = Number(value);
  if (/^[0-9]+$/.test(value) && number >= 1 && Number.isSafeInteger(number)) return number;
  throw new GlideinError('InvalidArgument', `"${value}" is not a count`, {
    cure: 'write a whole number of 1 or more',
  });
}

/** `HOST:PORT`, with brackets around an IPv6 address. */
export function address(value: string): { readonly host: string; readonly port: number } {
  const [, bracketed, plain, digits] = /^(?:\[([0-9A-Fa-f:.]+)\]|([^:[\]]+)):([0-9]+)$/.exec(value) ?? [];
  const host = bracketed ?? plain;
  if (host !== undefined && digits !== undefined) return { host, port: port(digits) };
  throw new GlideinError('InvalidArgument', `"${value}" is not an address`, {
    cure: 'write HOST:PORT, such as 0.0.0.0:8080 or [::]:8080',
  });
}

/** A name that is also valid as a label. */
export function objectName(value: string): string {
  if (/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(value)) return value;
  throw new GlideinError('InvalidArgument', `"${value}" is not a name`, {
    cure: 'write at most 63 lower-case letters, digits and "-"',
  });
}

/** A name in which dots are allowed, such as a Secret has. */
export function dottedName(value: string): string {
  if (/^[a-z0-9]([-.a-z0-9]{0,251}[a-z0-9])?$/.test(value)) return value;
  throw new GlideinError('InvalidArgument', `"${value}" is not a name`, {
    cure: 'write at most 253 lower-case letters, digits, "-" and "."',
  });
}

/** Several names without dots, separated by commas. */
export function objectNames(value: string): readonly string[] {
  const names = value.split(',').map((name) => objectName(name.trim()));
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice === undefined) return names;
  throw new GlideinError('InvalidArgument', `"${twice}" is named twice`, { cure: 'name it once' });
}

export function oneOf<const Choice extends string>(...choices: readonly Choice[]): (value: string) => Choice {
  return (value) => {
    const found = choices.find((choice) => choice === value);
    if (found !== undefined) return found;
    throw new GlideinError('InvalidArgument', `"${value}" is not a valid value`, {
      cure: `write one of ${choices.join(', ')}`,
    });
  };
}

export const logLevel = oneOf('trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent');
