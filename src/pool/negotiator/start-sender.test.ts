import { expect, test } from 'vitest';
import { jobTexts } from '#testing/ads.ts';
import { ManualClock } from '#testing/manual-clock.ts';
import type { Claimed } from '../jobs/job.ts';
import { newJob } from '../jobs/new-job.ts';
import { StartSender } from './start-sender.ts';

const cluster = { id: 1, key: 'k', owner: 'alice', queuedAt: 0, ad: jobTexts(), procs: 100 };

/** A sender to one pilot, to which each message takes a millisecond. */
function world() {
  const clock = new ManualClock();
  const [sent, neverSent, turns]: [string[], number[], (() => void)[]] = [[], [], []];
  const connection = {
    send: () => undefined,
    sendPrinted: (message: string) => {
      clock.advance(1);
      sent.push((JSON.parse(message) as { job: string }).job);
    },
    close: () => undefined,
  };
  const startOf = (job: Claimed) => ({ job, ref: job.claim.ref, pilot: { connection } });
  const sender = new StartSender({
    clock,
    later: (run) => turns.push(run),
    inBackground: () => undefined,
    neverSent: ({ proc }) => neverSent.push(proc),
    cannotBeSent: () => undefined,
  });
  return { sender, sent, startOf, neverSent, turns };
}

function claimed(proc: number): Claimed {
  const claim = {
    ref: { generation: 'g', id: `1.${proc}.1`, epoch: 1 },
    pilotUid: 'u1',
    takes: { cpus: 1, memory: 128, disk: 1024, gpus: 0 },
  };
  return newJob(cluster, { proc, state: 'Running', claim, epoch: 1 }) as Claimed;
}

test('claims that become durable together are sent in order, and others have their turn in between', async () => {
  const { sender, sent, startOf, turns } = world();
  const { promise, resolve } = Promise.withResolvers<void>();
  const jobs = Array.from({ length: 25 }, (_, proc) => claimed(proc));
  for (const job of jobs) sender.sendWhen(promise, startOf(job));
  expect(sent).toEqual([]);
  resolve();
  await promise;
  expect([sent.length, turns.length]).toEqual([10, 1]);
  turns.shift()?.();
  turns.shift()?.();
  expect(sent).toEqual(jobs.map(({ proc }) => `1.${proc}`));
  expect(turns).toEqual([]);
});

test('claims that become durable while others are being sent wait for their turn', async () => {
  const { sender, sent, startOf, turns } = world();
  const jobs = Array.from({ length: 12 }, (_, proc) => claimed(proc));
  const [first, second] = [Promise.resolve(), Promise.resolve()];
  for (const job of jobs.slice(0, 11)) sender.sendWhen(first, startOf(job));
  await first;
  for (const job of jobs.slice(11)) sender.sendWhen(second, startOf(job));
  await second;
  expect(sent).toHaveLength(10);
  turns.shift()?.();
  expect(sent).toEqual(jobs.map(({ proc }) => `1.${proc}`));
});

test('a claim that waits for its turn is not sent twice to a pilot that reconnects meanwhile', async () => {
  const { sender, sent, startOf, turns } = world();
  const durable = Promise.resolve();
  const jobs = Array.from({ length: 12 }, (_, proc) => claimed(proc));
  for (const job of jobs) sender.sendWhen(durable, startOf(job));
  await durable;
  for (const job of jobs.slice(-2)) sender.sendAgain(startOf(job));
  expect(sent).toHaveLength(10);
  turns.shift()?.();
  expect(sent).toHaveLength(12);
});

test('a job that was held while its claim waited for its turn is not started', async () => {
  const { sender, sent, startOf, neverSent, turns } = world();
  const durable = Promise.resolve();
  const jobs = Array.from({ length: 12 }, (_, proc) => claimed(proc));
  for (const job of jobs) sender.sendWhen(durable, startOf(job));
  await durable;
  (jobs[11] as Claimed).state = 'Held';
  turns.shift()?.();
  expect(sent).toHaveLength(11);
  expect(neverSent).toEqual([11]);
});
