import { expect, it } from 'vitest';
import { refusal, refusalLines } from './refusals.ts';

const one = (proc: number) => ({ job: `1.${proc}`, reason: 'it is Idle', code: 'Conflict' });
const more = (count: number) => ({ job: `${count} more`, reason: 'not listed' });

it('jobs that the pool refuses without a name are counted, and their missing code does not hide that of the others', () => {
  const refused = [one(0), one(1), more(1000), { ...one(7), code: 'Conflict' }, more(5)];
  expect(refusal(refused, 'held')).toMatchObject({
    message: '1008 jobs could not be held',
    code: 'Conflict',
  });
  const full = [{ ...one(0), code: 'Unavailable' }, more(9)];
  expect(refusal(full, 'held').code).toBe('Unavailable');
});

it('a thousand refused jobs take no more than a screen, and the last line says how many are not shown', () => {
  const refused = [...Array.from({ length: 1000 }, (_, proc) => one(proc)), more(400)];
  const lines = refusalLines(refused);
  expect(lines).toHaveLength(21);
  expect(lines[0]).toBe('1.0: it is Idle');
  expect(lines[20]).toBe('1380 more are refused too');
});

it('a few refused jobs are all shown with their reasons', () => {
  expect(refusalLines([one(3)])).toEqual(['1.3: it is Idle']);
  expect(refusal([one(3)], 'held').message).toBe('1.3 could not be held');
});
