import { expect, test } from 'vitest';
import { parseSubmit } from '../parse-submit.ts';

const parse = (lines: string) =>
  parseSubmit(`executable = a\n${lines}\nqueue\n`, {
    file: 'job.sub',
    owner: 'ada',
    directory: '/home/ada',
    now: 1,
    environment: {},
    random: () => 0,
    readFile: () => undefined,
    listFiles: () => [],
  });

test.each([
  ['next_job_start_delay = 5', 'Jobs start as soon as there are slots for them.'],
  ['coresize = 1000', "The pilot's machine decides whether a crash leaves a core file."],
  ['keep_claim_idle = 300', 'Pilots decide themselves how long they wait.'],
  ['stream_output = true', 'Output is returned when the job ends.'],
  ['stream_error = true', 'Output is returned when the job ends.'],
  ['stream_input = true', 'Input is copied before the job starts.'],
  ['notification = always', 'No mail is sent.'],
  ['notify_user = ada@site', 'No mail is sent.'],
  ['ulog_execute_attrs = Site', 'Events are logged without further attributes.'],
])('%s has no effect, and a warning says why', (line, sentence) => {
  const name = line.split(' ')[0];
  expect(parse(line).warnings.map(({ message }) => message)).toEqual([`${name}: ${sentence}`]);
});

test.each(['keep_claim_idle = ', 'stream_output = false', 'notification = never', 'coresize = 0'])(
  '%s asks for nothing and causes no warning',
  (line) => {
    expect(parse(line).warnings).toEqual([]);
  },
);
