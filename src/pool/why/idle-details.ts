import type { Pilot } from '../collector/pilot.ts';
import type { Job } from '../jobs/job.ts';
import type { Autocluster } from '../negotiator/autocluster.ts';
import type { Autoclusters } from '../negotiator/autoclusters.ts';
import type { Apportioning } from '../registry/apportioning.ts';
import { outlived } from './before-matching.ts';
import { listed, sentenceOf } from './cause.ts';
import { type Feeding, silent } from './feeding.ts';

export interface DetailOptions extends Pick<Feeding, 'bidders'> {
  readonly apportioning: Pick<Apportioning, 'toldOf'>;
  readonly autoclusters: Pick<Autoclusters, 'of'>;
}

/** What else there is to know of an idle job besides the cause, a sentence each. */
export function idleDetails(options: DetailOptions, job: Job, pilots: readonly Pilot[]): string[] {
  const autocluster = options.autoclusters.of(job);
  const kept = pilots.filter(({ reservedFor }) => reservedFor > 0 && reservedFor === autocluster?.id);
  const gone = silent(options);
  return [
    ...keptInWords(kept),
    ...toldInWords(options, autocluster),
    outlived(job) ?? [],
    gone === undefined ? [] : sentenceOf(gone.text),
  ].flat();
}

/** Said if the negotiator keeps slots free for jobs like this one, which small ones would overtake. */
function keptInWords(kept: readonly Pilot[]): string[] {
  if (kept.length === 0) return [];
  const names = listed(kept.map(({ facts }) => facts.name));
  return [
    `${sentenceOf(`what becomes free on ${names} is kept for jobs like it, because they have waited for a long time`)}`,
  ];
}

/** Who has been asked to start pilots for jobs like this one. */
function toldInWords({ apportioning }: DetailOptions, autocluster: Autocluster | undefined): string[] {
  const told = autocluster === undefined ? [] : [...apportioning.toldOf(autocluster.id)];
  if (autocluster === undefined || told.length === 0) return [];
  const parts = told.map(([bidder, jobs]) => `${bidder.trim().replace(/\/$/, '')} of ${jobs}`);
  const { size } = autocluster.waiting;
  const alike =
    size === 1 ? 'No other waiting job is like it' : `It is one of ${size} waiting jobs that are alike`;
  return [`${alike}. Besides free slots, these have been told of such jobs: ${listed(parts)}.`];
}
