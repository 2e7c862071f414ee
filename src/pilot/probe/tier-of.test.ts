import { expect, it } from 'vitest';
import { tierOf } from './tier-of.ts';

const ran = { code: 37, output: '' };
const noProc = {
  code: 255,
  output: "FATAL:   can't mount proc filesystem to /proc: operation not permitted",
};

it('is A when a container with everything of its own ran, B when only one with our /proc did', () => {
  expect(tierOf(ran)).toEqual({ tier: 'A' });
  expect(tierOf(noProc, ran)).toEqual({ tier: 'B' });
});

it.each([
  [
    { code: 1, output: 'ERROR  : Failed to create user namespace: not allowed' },
    /seccomp profile.*not allowed/,
  ],
  [{ code: 255, output: 'FATAL:   unknown userid 4711' }, /missing in \/etc\/passwd/],
  [{ code: 0, output: '' }, /ended with code 0, not 37/],
  [{ code: undefined, output: 'spawn EACCES' }, /cannot be executed/],
])('is C with a reason for %j', (attempt, reason) => {
  expect(tierOf(attempt, attempt)).toEqual({ tier: 'C', reason: expect.stringMatching(reason) });
});

it('what an apptainer says in colours, with the cause above its last line', () => {
  const output =
    '\u001b[31mERROR  : Failed to create user namespace: not allowed to create user namespace\u001b[0m\n\u001b[0m';
  expect(tierOf({ code: 1, output })).toMatchObject({
    tier: 'C',
    reason: expect.stringMatching(/seccomp.*not allowed/),
  });
});
