import type { ClassAd } from '#classad/class-ad.ts';
import type { Environment } from '#classad/environment.ts';
import { jobStates } from '../queue/job-state.ts';
import { stays } from './verdict.ts';

interface End {
  readonly state: 'Completed' | 'Removed';
  /** Epoch milliseconds. */
  readonly at: number;
  readonly environment: Environment;
}

/**
 * Whether a job that ends now asks to be shown in the queue, by LeaveJobInQueue.
 * @param ad its whole ad as it is before; what the end changes is set in it
 */
export function staysAfter(ad: ClassAd, { state, at, environment }: End): { readonly stays?: true } {
  if (!ad.has('LeaveJobInQueue')) return {};
  const seconds = Math.floor(at / 1000);
  ad.setValue('JobStatus', jobStates[state]).setValue('EnteredCurrentStatus', seconds);
  if (state === 'Completed') ad.setValue('CompletionDate', seconds);
  return stays(ad, environment) ? { stays: true } : {};
}
