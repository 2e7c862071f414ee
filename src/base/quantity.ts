import { GlideinError } from './error.ts';

const suffixes: Record<string, number> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

/** The notation of Kubernetes quantities, without the rare exponents: `500m`, `2Gi`, `1.5G`. */
export const quantityPattern = /^[0-9]+(\.[0-9]+)?(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)?$/;

/**
 * The value of a Kubernetes quantity (bytes of memory and disk, or cores).
 * @throws GlideinError InvalidArgument when the text is not a quantity
 */
export function parseQuantity(text: string): number {
  const match = /^([0-9]+(?:\.[0-9]+)?)([A-Za-z]*)$/.exec(text);
  const factor = suffixes[match?.[2] ?? ''];
  if (match === null || factor === undefined) {
    throw new GlideinError('InvalidArgument', `"${text}" is not a quantity`, {
      cure: 'write a number with an optional unit, such as 500m, 2Gi or 100M',
    });
  }
  return Number(match[1]) * factor;
}

/** Bytes for people, in binary units: `1.5Gi`, `512Mi`. */
export function formatBytes(bytes: number): string {
  const units = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi'];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${Number(value.toFixed(1))}${units[unit]}`;
}
