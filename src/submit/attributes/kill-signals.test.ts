import { expect, it } from 'vitest';
import { parseSubmit } from '../parse-submit.ts';

const parse = (line: string) =>
  parseSubmit(`executable = run\n${line}\nqueue\n`, {
    file: 'job.sub',
    owner: 'alice',
    directory: '/home/alice',
    now: 1,
    environment: {},
    random: () => 0,
    readFile: () => undefined,
  }).cluster;

it.each([
  ['kill_sig = 12', 'KillSig', '"SIGUSR2"'],
  ['remove_kill_sig = sigusr1', 'RemoveKillSig', '"SIGUSR1"'],
  ['hold_kill_sig = SIGINT', 'HoldKillSig', '"SIGINT"'],
])('%s becomes %s with the name of the signal', (line, attribute, text) => {
  expect(parse(line)).toMatchObject({ [attribute]: text });
});

it.each([
  ['kill_sig = USR1', 'write SIGUSR1'],
  ['remove_kill_sig = SIGUSER1', 'did you mean "SIGUSR1"?'],
  ['hold_kill_sig = 99', expect.stringContaining('write one of SIGHUP, SIGINT')],
])('%s is refused with its place and what to write', (line, cure) => {
  expect(() => parse(line)).toThrow(
    expect.objectContaining({ cure, place: expect.objectContaining({ line: 2 }) }),
  );
});
