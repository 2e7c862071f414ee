import { expect, it } from 'vitest';
import { tierOf } from './tier-of.ts';

const ran = { code: 37, output: '' };
const noProc = {
  code: 255,
  output: "FATAL:   can't mount proc filesystem to /proc: operation not permitted",
};

it("the tier is A if a container with its own /proc ran, and B if only one with the pilot's /proc did", () => {
  expect(tierOf(ran)).toEqual({ tier: 'A' });
  expect(tierOf(noProc, ran)).toEqual({ tier: 'B' });
});

it.each([
  [
    { code: 1, output: 'ERROR  : Failed to create user namespace: not allowed' },
    /seccomp profile.*not allowed/,
  ],
  [{ code: 255, output: 'FATAL:   unknown userid 4711' }, /missing from \/etc\/passwd/],
  [{ code: 0, output: '' }, /exited with code 0, not 37/],
  [{ code: undefined, output: 'spawn EACCES' }, /cannot be executed/],
])('an Apptainer whose run ends with %j has tier C, with a reason', (run, reason) => {
  expect(tierOf(run, run)).toEqual({ tier: 'C', reason: expect.stringMatching(reason) });
});

it('the cause is found in coloured output, even above its last line', () => {
  const output =
    '\u001b[31mERROR  : Failed to create user namespace: not allowed to create user namespace\u001b[0m\n\u001b[0m';
  expect(tierOf({ code: 1, output })).toMatchObject({
    tier: 'C',
    reason: expect.stringMatching(/seccomp.*not allowed/),
  });
});
