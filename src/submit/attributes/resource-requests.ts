import { truncate } from '#base/truncate.ts';
import type { Attributes, GivenValue, Producer, Read } from './given-value.ts';

const kibi: Readonly<Record<string, number>> = { k: 1, m: 2 ** 10, g: 2 ** 20, t: 2 ** 30 };
/** KiB per MiB. */
const mebiUnit = 1024;
const size = /^([0-9]{1,15}(?:\.[0-9]{1,9})?)\s*(?:([kmgt])(?:i?b)?)?$/i;

/** ClassAd text of an amount of memory or disk in units of `unit` KiB, rounded up; an expression stays as it is. */
export function amount(value: GivenValue, unit: number): string {
  const found = size.exec(value.text);
  if (found === null) return negative(value) ?? noUnit(value) ?? value.expression();
  return String(unitsOf(value, found, unit));
}

function unitsOf(value: GivenValue, [, number, prefix]: RegExpExecArray, unit: number): number {
  const inKibi = Number(number) * (prefix === undefined ? unit : (kibi[prefix.toLowerCase()] ?? 1));
  const rounded = Math.ceil(inKibi / unit);
  if (!Number.isSafeInteger(rounded))
    throw value.fault('this is more than any machine has', 'write a smaller size');
  return rounded;
}

/**
 * The size of memory in MiB, rounded up, with which a value begins, and what follows after a comma; undefined if it does not
 * begin with a size.
 */
export function sizeAtStart(
  value: GivenValue,
): { readonly mebi: number; readonly rest: GivenValue | undefined } | undefined {
  const [first = ''] = value.text.split(',', 1);
  const found = size.exec(first.trimEnd());
  if (found === null) return undefined;
  const isLast = value.text.slice(first.length + 1).trim() === '';
  return {
    mebi: unitsOf(value, found, mebiUnit),
    rest: isLast ? undefined : value.after(first.length + 1),
  };
}

/** Refuses a number with an unknown unit here: as an expression it would be refused for a misleading reason. */
function noUnit(value: GivenValue): undefined {
  if (/^[0-9]+(?:\.[0-9]+)?\s*[a-z]+$/i.test(value.text))
    throw value.fault(`"${truncate(value.text, 40)}" is not a size`, 'write one such as 512 MB or 2 GB');
  return undefined;
}

/** A count of cores or GPUs; 0 is allowed, as in HTCondor. */
function count(value: GivenValue): string {
  if (/^[0-9]+$/.test(value.text)) return value.integer(0);
  if (/^[0-9]+\.[0-9]+$/.test(value.text))
    throw value.fault(`"${value.text}" is not a whole number`, 'write 1, 2, …');
  return negative(value) ?? value.expression();
}

function negative(value: GivenValue): undefined {
  if (/^-\s*[0-9.]+\s*[kmgtb]*$/i.test(value.text))
    throw value.fault(`${value.text} is negative`, 'write 0 or more');
  return undefined;
}

function request(
  command: string,
  attribute: string,
  make: (value: GivenValue) => string,
  preset?: string,
): Producer {
  return {
    reads: [command],
    make(read: Read): Attributes {
      const value = read(command);
      if (value?.text.toLowerCase() === 'undefined') return {};
      if (value !== undefined) return { [attribute]: make(value) };
      return preset === undefined ? {} : { [attribute]: preset };
    },
  };
}

/** The size of the inputs and a quarter more, but at least 1 GiB. */
const defaultDisk = 'MAX({ 1024,(TransferInputSizeMB + 1) * 1.25 }) * 1024';

/** RequestMemory in MiB. */
export const memoryOf = (value: GivenValue): string => amount(value, mebiUnit);

/** RequestDisk in KiB. */
export const diskOf = (value: GivenValue): string => amount(value, 1);

/** RequestCpus, RequestMemory (MiB), RequestDisk (KiB) and RequestGPUs, with condor_submit's defaults; `undefined` omits one. */
export const requests: readonly Producer[] = [
  request('request_cpus', 'RequestCpus', count, '1'),
  request('request_memory', 'RequestMemory', memoryOf, '128'),
  request('request_disk', 'RequestDisk', diskOf, defaultDisk),
  request('request_gpus', 'RequestGPUs', count),
];
