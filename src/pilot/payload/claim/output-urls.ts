import { schemeOf } from '#wire/inputs.ts';
import { type Remap, readRemaps, remapped } from '#wire/remaps.ts';

/** Which outputs of a job go to URLs instead of the pool. */
export interface OutputUrls {
  /** HTCondor's `output_destination`; undefined: outputs go to the pool, but for those that `rules` send elsewhere. */
  readonly destination: string | undefined;
  readonly rules: readonly Remap[];
}

/**
 * @param destination the attribute OutputDestination
 * @param remaps the attribute TransferOutputRemaps
 */
export function outputUrlsOf(destination: string | undefined, remaps: string | undefined): OutputUrls {
  const rules = readRemaps(remaps ?? '').filter(({ to }) => schemeOf(to) !== undefined);
  return { destination: destination === '' ? undefined : destination, rules };
}

/** Where an output goes; undefined: to the pool. */
export function outputUrl(name: string, { destination, rules }: OutputUrls): string | undefined {
  const to = remapped(name, rules);
  if (to !== name) return to;
  return destination === undefined ? undefined : `${destination.replace(/\/$/, '')}/${name}`;
}

/** Any URL that outputs of the job may go to, as far as they are known before it has ended. */
export const knownUrls = ({ destination, rules }: OutputUrls): string[] => [
  ...(destination === undefined ? [] : [destination]),
  ...rules.map(({ to }) => to),
];
