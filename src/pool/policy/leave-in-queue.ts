import type { ClassAd } from '#classad/class-ad.ts';
import type { Environment } from '#classad/environment.ts';
import { jobStates } from '../jobs/job-state.ts';
import { stays } from './verdict.ts';

interface When {
  /** Epoch milliseconds. */
  readonly at: number;
  readonly environment: Environment;
}

type End = When & ({ readonly state: 'Completed' } | { readonly state: 'Removed'; readonly reason: string });

/**
 * Whether a job that ends now asks to stay in the queue, by LeaveJobInQueue.
 * @param ad its whole ad before the end; this function sets in it what the end changes
 */
export function staysAfter(ad: ClassAd, end: End): { readonly stays?: true } {
  if (!ad.has('LeaveJobInQueue')) return {};
  const seconds = Math.floor(end.at / 1000);
  ad.setValue('JobStatus', jobStates[end.state]).setValue('EnteredCurrentStatus', seconds);
  if (end.state === 'Completed') ad.setValue('CompletionDate', seconds);
  else ad.setValue('RemoveReason', end.reason);
  return stays(ad, end.environment) ? { stays: true } : {};
}
