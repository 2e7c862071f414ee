import { signalName } from '#base/signals.ts';
import type { ClassAd } from '#classad/class-ad.ts';
import type { Outcome } from '#wire/outcome.ts';

/** When a job has saved its work, and what of it is to be kept. The attributes and their meanings are those of HTCondor's starter. */
export interface CheckpointWish {
  /** How the program ends when it has saved its work and wants to go on; undefined: it never does. */
  readonly end: { readonly exitCode: number } | { readonly signal: string } | undefined;
  /** What to keep then; undefined: the outputs. */
  readonly files: readonly string[] | undefined;
  /** `ON_EXIT_OR_EVICT`: the outputs are kept as well when the payload is stopped and not removed. */
  readonly atStop: boolean;
}

/** The names in a list of files; undefined if there is no list. */
export const listed = (names: string | undefined): string[] | undefined =>
  names
    ?.split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');

/** @param fault makes the error for a job that cannot be read */
export function checkpointWishOf(ad: ClassAd, fault: (what: string) => Error): CheckpointWish {
  return {
    end: ad.evaluateBoolean('WantFTOnCheckpoint') === true ? endOf(ad, fault) : undefined,
    files: listed(ad.evaluateString('TransferCheckpoint')),
    atStop: ad.evaluateString('WhenToTransferOutput') === 'ON_EXIT_OR_EVICT',
  };
}

function endOf(ad: ClassAd, fault: (what: string) => Error): NonNullable<CheckpointWish['end']> {
  if (ad.evaluateBoolean('SuccessCheckpointExitBySignal') !== true)
    return { exitCode: ad.evaluateNumber('SuccessCheckpointExitCode') ?? 0 };
  const name = 'SuccessCheckpointExitSignal';
  const signal = signalName(ad.evaluateString(name) ?? String(ad.evaluateNumber(name) ?? ''));
  if (signal === undefined) throw fault('its SuccessCheckpointExitSignal does not name a signal');
  return { signal };
}

/** Whether this is how the program ends when it has saved its work. */
export function isCheckpoint({ end }: CheckpointWish, outcome: Outcome | undefined): boolean {
  if (end === undefined || outcome === undefined) return false;
  if (outcome.kind === 'exited') return 'exitCode' in end && end.exitCode === outcome.exitCode;
  return outcome.kind === 'signalled' && 'signal' in end && end.signal === outcome.signal;
}

/** Whether a program that was stopped has ended in its own time. What one leaves that was killed may be half written. */
export const isOrderly = (outcome: Outcome | undefined): boolean =>
  outcome?.kind === 'exited' || (outcome?.kind === 'signalled' && outcome.signal !== 'SIGKILL');
