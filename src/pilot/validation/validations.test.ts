import { expect, it } from 'vitest';
import type { Check } from '#spec/validation.ts';
import { createLogger } from '#telemetry/logger.ts';
import { eventually } from '#testing/eventually.ts';
import { ManualClock } from '#testing/manual-clock.ts';
import type { CheckRun } from './run-check.ts';
import { Validations } from './validations.ts';

const passes = (stdout = ''): CheckRun => ({ passed: true, stdout, reason: '' });
const fails: CheckRun = { passed: false, stdout: 'Speed = 1', reason: 'it ended with 7: no device' };

/** Checks whose results a test sets. */
function world(...checks: (Partial<Check> & { name: string })[]) {
  const clock = new ManualClock(0);
  const ad = new Map<string, object>();
  const failures: string[] = [];
  const results = new Map<string, CheckRun>();
  const validations = new Validations({
    checks: checks.map((check) => ({ command: ['check'], timeLimit: '1m', onFailure: 'Fail', ...check })),
    run: async ({ name }) => results.get(name) ?? passes(),
    reserved: new Set(),
    contribute: (part, attributes) => void ad.set(part, attributes),
    failed: (reason) => failures.push(reason),
    clock,
    logger: createLogger('test', { level: 'silent' }),
  });
  const says = (part: string, attributes: object) =>
    eventually(async () => expect(ad.get(part)).toEqual(attributes), 5000);
  return { validations, results, clock, ad, failures, says };
}

it('what a script says becomes attributes, beside whether it has passed', async () => {
  const { validations, results, ad } = world({ name: 'bench' });
  results.set('bench', passes('Speed = 17'));
  await validations.start();
  expect(ad.get('validation bench')).toEqual({
    Speed: { expression: '17' },
    GLIDEIN_Validation_bench: true,
  });
});

it('a node on which a script fails gets no jobs, and the reason has the script’s last words', async () => {
  const { validations, results } = world({ name: 'scratch' }, { name: 'gpu' });
  results.set('gpu', fails);
  await expect(validations.start()).rejects.toThrow(
    'the validation gpu has failed on this node: it ended with 7: no device',
  );
});

it('a script with a period that fails later makes the pilot leave', async () => {
  const { validations, results, clock, failures } = world({ name: 'gpu', period: '5m' });
  await validations.start();
  results.set('gpu', fails);
  clock.advance(299_000);
  expect(failures).toEqual([]);
  clock.advance(1000);
  await eventually(async () => expect(failures).toHaveLength(1), 5000);
  validations.stop();
});

it('with Pause a slot accepts no jobs while a script fails, and accepts them again when all pass', async () => {
  const { validations, results, clock, says } = world(
    { name: 'fs', onFailure: 'Pause', period: '1m' },
    { name: 'net', onFailure: 'Pause', period: '1m' },
  );
  results.set('fs', fails).set('net', fails);
  await validations.start();
  await says('validation', { Start: { expression: 'false' } });
  await says('validation fs', {
    GLIDEIN_Validation_fs: false,
    GLIDEIN_Validation_fs_Reason: 'it ended with 7: no device',
  });
  results.set('fs', passes('Speed = 3'));
  clock.advance(60_000);
  await says('validation fs', { Speed: { expression: '3' }, GLIDEIN_Validation_fs: true });
  await says('validation', { Start: { expression: 'false' } });
  results.set('net', passes());
  clock.advance(60_000);
  await says('validation', {});
  validations.stop();
});

it('with Advertise the pilot only says that a script fails', async () => {
  const { validations, results, ad } = world({ name: 'fuse', onFailure: 'Advertise' });
  results.set('fuse', fails);
  await validations.start();
  expect(ad.get('validation fuse')).toMatchObject({ GLIDEIN_Validation_fuse: false });
  expect(ad.has('validation')).toBe(false);
});

it('a pilot that has left runs no script any more', async () => {
  const { validations, clock, ad } = world({ name: 'gpu', period: '1m' });
  await validations.start();
  validations.stop();
  ad.clear();
  clock.advance(600_000);
  await Promise.resolve();
  expect(ad.size).toBe(0);
});
