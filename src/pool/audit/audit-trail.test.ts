import { beforeEach, expect, it } from 'vitest';
import { GlideinError } from '#base/error.ts';
import { ManualClock } from '#testing/manual-clock.ts';
import type { AuditAct } from '#wire/audit.ts';
import type { Audited } from '../store/store.ts';
import { AuditTrail } from './audit-trail.ts';
import type { Doer } from './doer.ts';
import { TrustedProxies } from './trusted-proxies.ts';

const ada: Doer = { subject: 'ada', role: 'submitter', from: '10.0.0.1' };
let clock: ManualClock;
let records: AuditAct[];
let hasRoom: boolean;
let full: PromiseWithResolvers<never>;
let trail: AuditTrail;

beforeEach(() => {
  [clock, records, hasRoom] = [new ManualClock(), [], true];
  full = Promise.withResolvers();
  trail = trailOn(async (act) => void records.push(JSON.parse(act.row().record) as AuditAct));
});

const trailOn = (audit: (act: Audited) => Promise<void>) =>
  new AuditTrail({
    store: { audit },
    clock,
    proxies: new TrustedProxies(),
    hasRoom: () => hasRoom,
    orFull: (recorded) => Promise.race([recorded, full.promise]),
    inBackground: (work) => void work.catch(() => undefined),
  });

const files = (name = '1.0') => trail.read(ada, 'download', name, () => ({ about: { object: name } }));

it('what is read many times in a row is told once, and then counted in longer and longer intervals', async () => {
  for (let count = 0; count < 1000; count += 1) await files();
  await files('2.0');
  expect(records).toMatchObject([{ object: '1.0' }, { object: '2.0' }]);
  clock.advance(60_000);
  expect(records.slice(2)).toMatchObject([{ object: '1.0', times: 999, subject: 'ada', from: '10.0.0.1' }]);
  await files();
  clock.advance(60_000);
  expect(records).toHaveLength(3);
  clock.advance(60_000);
  expect(records.slice(3)).toMatchObject([{ object: '1.0', times: 1 }]);
  clock.advance(600_000);
  await files();
  expect(records.slice(4)).toMatchObject([{ object: '1.0' }]);
});

it('whoever reads the same at the same time waits for the record, too', async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const slow = trailOn(() => promise);
  let read = 0;
  const readers = [1, 2].map(async () => {
    await slow.read(ada, 'download', '1.0', () => ({ about: {} }));
    read += 1;
  });
  await new Promise(setImmediate);
  expect(read).toBe(0);
  resolve();
  await Promise.all(readers);
});

it('a flood of refusals leaves few records, however many clients send it, and the number of them', () => {
  for (let client = 0; client < 50_000; client += 1)
    trail.denied({ from: `2001:db8::${client.toString(16)}` }, 'request', { object: 'GET /v1/jobs' });
  expect(records.length).toBeLessThanOrEqual(101);
  clock.advance(60_000);
  const many = records.find(({ times }) => times !== undefined);
  expect(many).toMatchObject({ denied: true, object: 'many clients' });
  expect(many?.times).toBe(50_000 - 101);
  expect(records.length).toBeLessThanOrEqual(102);
});

it('refusals that are alike are counted, whatever they were about', () => {
  for (let job = 1; job <= 100; job += 1) trail.denied(ada, 'hold', { object: `${job}.0` });
  trail.close();
  expect(records).toMatchObject([
    { what: 'hold', denied: true, object: '1.0' },
    { what: 'hold', denied: true, times: 99 },
  ]);
});

it('on a full disk, reading goes on and refusals are not kept', async () => {
  hasRoom = false;
  trail.denied(ada, 'hold', {});
  expect(records).toEqual([]);
  await files();
});

it('whoever waits for a record when the disk becomes full goes on, and so does everybody after him', async () => {
  const stuck = trailOn(() => new Promise(() => undefined));
  const read = () => stuck.read(ada, 'download', '1.0', () => ({ about: {} }));
  const [waiting, drain] = [read(), stuck.record(ada, 'drain')];
  full.reject(new GlideinError('NoSpace', 'full'));
  await Promise.all([waiting, drain, read()]);
});

it('what could not be looked at is looked at again by the next reader', async () => {
  let looks = 0;
  const look = () => {
    looks += 1;
    if (looks === 1) throw new GlideinError('Unavailable', 'not now');
    return { about: { object: 'files' } };
  };
  await expect(trail.read(ada, 'download', '1.0', look)).rejects.toMatchObject({ code: 'Unavailable' });
  await trail.read(ada, 'download', '1.0', look);
  expect(records).toMatchObject([{ object: 'files' }]);
});
