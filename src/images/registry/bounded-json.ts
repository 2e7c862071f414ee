import { GlideinError } from '#base/error.ts';

/** The bytes before each value but the first: `,`, `[`, `{`. */
const beginnings: ReadonlySet<number> = new Set([0x2c, 0x5b, 0x7b]);

/**
 * Reads JSON of strangers. A few mebibytes of `[],[],[]` or `[[[[` become hundreds of mebibytes of values, so those are counted first:
 * too many rather than too few, because what stands in strings counts, too.
 * @param what is in the body, for messages
 * @throws GlideinError InvalidMessage if it is not JSON, TooLarge
 */
export function boundedJson(body: Buffer, mostValues: number, what: string): unknown {
  let values = 1;
  for (const byte of body) if (beginnings.has(byte)) values += 1;
  if (values > mostValues)
    throw new GlideinError('TooLarge', `${what} may have more than ${mostValues} values`);
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    throw new GlideinError('InvalidMessage', `${what} is not JSON`);
  }
}
