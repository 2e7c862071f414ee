import { constants } from 'node:os';
import { expect, it } from 'vitest';
import { GlideinError } from '#base/error.ts';
import type { EnteredPayload } from '../warm/warm-container.ts';
import { whyNotEntered } from './launch.ts';

const entered = (failure: ReturnType<EnteredPayload['failure']>) =>
  ({ failure: () => failure }) as EnteredPayload;

it.each([
  ['its step', { payload: entered({ reason: 'mount proc: EPERM', error: 1 }) }, 'mount proc: EPERM'],
  ['its end', { payload: entered(undefined) }, 'the process that should enter it has ended'],
  ['its server', { error: new GlideinError('RuntimeFailed', 'it is gone') }, 'it is gone'],
] as const)(
  'a warm container that a payload cannot enter is given up because of %s',
  (_what, what, reason) => {
    const { payload, error } = { payload: undefined, error: undefined, ...what };
    expect(whyNotEntered(payload, error)).toBe(reason);
  },
);

it.each([
  ['longer than the system takes', entered({ reason: 'run', error: constants.errno.E2BIG }), undefined],
  ['that it cannot be told', undefined, new GlideinError('InvalidArgument', 'too long')],
])('a warm container is kept when the payload has a command %s', (_what, payload, error) => {
  expect(whyNotEntered(payload, error)).toBeUndefined();
});
