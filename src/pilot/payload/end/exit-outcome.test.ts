import { expect, it } from 'vitest';
import { exitOutcome } from './exit-outcome.ts';

it.each([
  [0, null, { kind: 'exited', exitCode: 0 }],
  [255, null, { kind: 'exited', exitCode: 255 }],
  [128, null, { kind: 'exited', exitCode: 128 }],
  [137, null, { kind: 'signalled', signal: 'SIGKILL' }],
  [143, null, { kind: 'signalled', signal: 'SIGTERM' }],
  [139, null, { kind: 'signalled', signal: 'SIGSEGV' }],
  [134, null, { kind: 'signalled', signal: 'SIGABRT' }],
  [145, null, { kind: 'exited', exitCode: 145 }],
  [null, 'SIGKILL', { kind: 'signalled', signal: 'SIGKILL' }],
] as const)(
  'the outcome is guessed from code %s and signal %s of Apptainer if nothing else is known',
  (code, signal, outcome) => {
    expect(exitOutcome(code, signal, undefined)).toEqual(outcome);
  },
);

it.each([
  [137, { exitCode: 137 }, { kind: 'exited', exitCode: 137 }],
  [137, { signal: 9 }, { kind: 'signalled', signal: 'SIGKILL' }],
  [134, { signal: 6 }, { kind: 'signalled', signal: 'SIGABRT' }],
  [162, { signal: 34 }, { kind: 'signalled', signal: 'SIG34' }],
  [192, { signal: 64 }, { kind: 'signalled', signal: 'SIG64' }],
  [162, { exitCode: 162 }, { kind: 'exited', exitCode: 162 }],
] as const)(
  "whatever code %s Apptainer returns, the outcome is what the payload's parent saw: %j",
  (code, end, outcome) => {
    expect(exitOutcome(code, null, { ...end, cpuSeconds: 0, residentBytes: 0 })).toEqual(outcome);
  },
);
