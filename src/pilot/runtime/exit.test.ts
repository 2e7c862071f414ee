import { expect, it } from 'vitest';
import { exitOutcome } from './exit.ts';

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
] as const)('code %s, signal %s', (code, signal, outcome) => {
  expect(exitOutcome(code, signal)).toEqual(outcome);
});
