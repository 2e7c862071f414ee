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

test('a retry with more memory is refused where request_memory is an expression, which HTCondor ignores without a word', () => {
  expect(() => parse('request_memory = 2 * RequestCpus\nretry_request_memory = 4 GB')).toThrow(
    'retry_request_memory: it has no effect with a request_memory that is not a number',
  );
});

test.each([
  ['retry_request_memory = 4 GB, 2 GB', '2048 is not greater than 4096'],
  ['retry_request_memory_increase = 0', 'neither more than 0 nor an expression with RequestMemory'],
  ['retry_request_memory_increase = MemoryUsage', 'neither more than 0 nor an expression with RequestMemory'],
  ['retry_request_memory_increase = RequestMemory + foo', 'its value is not known'],
])('%s is refused with the reason', (line, reason) => {
  expect(() => parse(line)).toThrow(reason);
});

test('the fault in a list of sizes is shown where it stands', () => {
  let place: unknown;
  try {
    parse('retry_request_memory = 200, RequestMemory *');
  } catch (error) {
    ({ place } = error as { place?: unknown });
  }
  expect(place).toMatchObject({ line: 2, column: 44 });
});
