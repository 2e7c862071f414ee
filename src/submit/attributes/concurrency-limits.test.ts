import { describe, expect, it, test } from 'vitest';
import { parseSubmit } from '../parse-submit.ts';

function limitsOf(lines: string): string | undefined {
  const { cluster } = parseSubmit(`executable = a\n${lines}\nqueue\n`, {
    file: 'job.sub',
    owner: 'ada',
    directory: '/home/ada',
    now: 1,
    environment: {},
    random: () => 0,
    readFile: () => undefined,
    listFiles: () => [],
  });
  return cluster['ConcurrencyLimits'];
}

/** As condor_submit 25.14.1 writes them. */
describe('concurrency_limits', () => {
  it.each([
    ['concurrency_limits = XSW:2,b.c,Foo', '"b.c,foo,xsw:2"'],
    ['concurrency_limits = a b', '"a,b"'],
    ['concurrency_limits = a:-1', '"a:-1"'],
    ['concurrency_limits = a:x', '"a:x"'],
    ['concurrency_limits =', undefined],
    ['concurrency_limits_expr = ifThenElse(Big, "db:2", "db")', 'ifThenElse(Big, "db:2", "db")'],
  ])('become one sorted list: %s', (lines, expected) => {
    expect(limitsOf(lines)?.replaceAll(/\s+/g, '')).toBe(expected?.replaceAll(/\s+/g, ''));
  });
});

test.each(['1a', 'a.b.c', 'a-b', '.a', 'a.'])(
  '%s is refused as a concurrency limit, with what to write',
  (name) => {
    expect(() => limitsOf(`concurrency_limits = ${name}`)).toThrow(/is not a limit/);
  },
);

test('concurrency_limits and concurrency_limits_expr cannot be combined', () => {
  const both = 'concurrency_limits = a\nconcurrency_limits_expr = "b"';
  expect(() => limitsOf(both)).toThrow('concurrency_limits_expr is set as well');
});

test('a job may name a hundred limits and no more', () => {
  const names = (count: number) => Array.from({ length: count }, (_, at) => `l${at}`).join(' ');
  expect(limitsOf(`concurrency_limits = ${names(100)}`)).toContain('l99');
  expect(() => limitsOf(`concurrency_limits = ${names(101)}`)).toThrow(
    'there are 101 limits, and a job may name 100',
  );
});
