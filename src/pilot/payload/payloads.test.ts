import { setImmediate } from 'node:timers/promises';
import { beforeEach, expect, it } from 'vitest';
import { ManualClock } from '#testing/manual-clock.ts';
import type { Finished, PilotMessage } from '#wire/pilot-messages.ts';
import type { Start } from '#wire/pool-messages.ts';
import type { PayloadContext } from './payload-context.ts';
import { type PayloadLike, Payloads } from './payloads.ts';

const claim = { generation: 'g', id: '1.0.1', epoch: 1 };
const start: Start = {
  type: 'start',
  claim,
  job: '1.0',
  ad: {},
  inputs: [],
  resources: { cpus: 1, memory: 1, disk: 1, gpus: 0 },
};
const stopped = { kind: 'stopped', reason: 'the lease of its pilot expired' } as const;

let up: boolean;
let sent: PilotMessage[];
let failures: string[];
let removed: PromiseWithResolvers<void>;
let runs: number;
let end: (outcome: Finished['outcome'] | undefined) => Promise<void>;
let payloads: Payloads;

beforeEach(() => {
  up = true;
  sent = [];
  failures = [];
  runs = 0;
  removed = Promise.withResolvers();
  const done = Promise.withResolvers<Finished | undefined>();
  end = async (outcome) => {
    done.resolve(
      outcome && {
        type: 'finished',
        claim,
        outcome,
        endedAt: 1,
        usage: { wallSeconds: 1 },
        outputs: [],
      },
    );
    await done.promise;
    await Promise.resolve();
  };
  const payload = {
    startedAt: 1,
    fault: 'source',
    run: () => {
      runs += 1;
      return done.promise;
    },
    stop() {},
    kill() {},
    abandon() {},
    remove: () => removed.promise,
  } as unknown as PayloadLike;
  payloads = new Payloads(
    { clock: new ManualClock() } as unknown as PayloadContext,
    {
      send(message) {
        if (up) sent.push(message);
        return up;
      },
      claimed() {},
      started() {},
      startFailed: (fault, reason) => failures.push(`${fault}: ${reason}`),
      released() {},
    },
    { newPayload: () => payload },
  );
  payloads.start(start);
});

function cut(): void {
  up = false;
  payloads.disconnected(false);
}

it('a payload that dies with its lease is not named by the next hello, which tells the pool that it is dead', async () => {
  cut();
  payloads.leaseLost();
  expect(payloads.nameClaims()).toEqual([claim]);
  payloads.disconnected(false);
  await end(stopped);
  expect(payloads.nameClaims()).toEqual([]);
});

it('a payload that dies with its lease after a hello has named it is reported, because the pool waits for it', async () => {
  cut();
  payloads.leaseLost();
  expect(payloads.nameClaims()).toEqual([claim]);
  await end(stopped);
  up = true;
  payloads.connected();
  expect(sent.at(-1)).toMatchObject({ type: 'finished', claim, outcome: stopped });
});

it('a payload that had ended before its lease expired keeps its result, however often leases expire', async () => {
  cut();
  payloads.leaseLost();
  await end({ kind: 'exited', exitCode: 0 });
  payloads.leaseLost();
  expect(payloads.nameClaims()).toEqual([claim]);
});

it('a pilot that leaves names a payload until it is dead', async () => {
  payloads.dropAll();
  expect(payloads.nameClaims()).toEqual([claim]);
  await end(undefined);
  expect(payloads.nameClaims()).toEqual([]);
});

it('a pilot does not name a claim that the pool has dropped', () => {
  payloads.drop([claim]);
  expect(payloads.nameClaims()).toEqual([]);
});

it('a claim that comes again runs when nothing is left on disk of its first execution', async () => {
  await end(stopped);
  payloads.recorded(claim);
  payloads.start(start);
  await setImmediate();
  expect(runs).toBe(1);
  removed.resolve();
  await setImmediate();
  expect(runs).toBe(2);
});

it.each([
  ['pilot', ['source: why']],
  ['job', []],
] as const)('a start that fails and is blamed on the %s is told to the pilot as %j', async (blame, told) => {
  await end({ kind: 'startFailed', blame, holdCode: 35, reason: 'why' });
  expect(failures).toEqual(told);
});
