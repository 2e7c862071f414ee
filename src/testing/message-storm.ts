import { jobActionAnswer, jobsAnswer, submitAnswer } from '#wire/jobs.ts';
import type { Start } from '#wire/pool-messages.ts';
import { maxMessageBytes } from '#wire/protocol.ts';
import { submitOf } from './ads.ts';
import type { PoolPeer } from './pool-peer.ts';
import { ScriptedPilot } from './scripted-pilot.ts';
import type { TestPool } from './test-pool.ts';

interface StormOptions {
  readonly messages: number;
  readonly random: () => number;
}

/** What a storm has shown; every list is empty when no claim but the one concerned was touched. */
export interface StormFigures {
  messages: number;
  tooLong: number;
  reconnects: number;
  good: number;
  /** Good jobs that did not end as they should, with what became of them. */
  readonly harmed: string[];
}

const pick = <T>(random: () => number, items: readonly T[]): T =>
  items[Math.floor(random() * items.length)] as T;

const junk: readonly unknown[] = [
  null,
  true,
  -1,
  1e308,
  '',
  'x',
  '../..',
  './a.dat',
  [],
  {},
  [[[]]],
  { a: 1 },
  'é'.repeat(5000),
  '\ud800',
  Array.from({ length: 10_001 }, () => 0),
];

/** A text near to a valid message, or far from it. About one in five stays valid. */
export function mangled(message: object, random: () => number): string {
  const copy = structuredClone(message) as Record<string, unknown>;
  if (random() < 0.2) return JSON.stringify(copy);
  for (let count = 0; count < 3; count += 1) {
    const target =
      random() < 0.5 ? copy : ((pick(random, Object.values(copy)) ?? copy) as Record<string, unknown>);
    if (typeof target !== 'object') continue;
    const key = pick(random, [...Object.keys(target), 'extra', '__proto__']);
    // What it is about stays readable in most: that is where harm could be done to others.
    if ((key === 'claim' || key === 'type') && random() < 0.8) continue;
    if (random() < 0.3) delete target[key];
    else set(target, key, structuredClone(pick(random, junk)));
  }
  const text = JSON.stringify(copy);
  return random() < 0.05 ? text.slice(0, Math.floor(random() * text.length)) : text;
}

/** Beyond what a message may have, valid but for that: what it is about stands at the beginning or behind everything. */
function tooLong(message: object, random: () => number): string {
  const padding = 'x'.repeat(maxMessageBytes + 1 + Math.floor(random() * 1000));
  return JSON.stringify(random() < 0.5 ? { ...message, padding } : { padding, ...message });
}

/** Also of `__proto__`, as the text of a hostile peer may have it. */
const set = (target: object, name: string, value: unknown): void =>
  void Object.defineProperty(target, name, { value, enumerable: true, writable: true, configurable: true });

const resultOf = ({ claim }: Start, random: () => number) => ({
  type: pick(random, ['finished', 'finished', 'finished', 'started', 'renew', 'leaves', 'hello', 'welcome']),
  claim,
  outcome: { kind: 'exited', exitCode: 5 },
  startedAt: 1,
  endedAt: 2,
  at: 1,
  sequence: 3,
  usage: { wallSeconds: 1 },
  outputs: [{ name: 'a/b', digest: `sha256:${'0'.repeat(64)}`, size: 1, executable: false }],
  stdout: { name: 'stdout', digest: `sha256:${'1'.repeat(64)}`, size: 1, executable: false },
});

/** Storms a pool: on one pilot, one job of four is what bad messages are about; another pilot's job looks on. */
export async function stormPool(pool: TestPool, { messages, random }: StormOptions): Promise<StormFigures> {
  const figures: StormFigures = { messages: 0, tooLong: 0, reconnects: 0, good: 0, harmed: [] };
  const alice = pool.client('submitter', 'alice');
  const submit = async (procs: number, wish: string) =>
    (
      await alice.json('/v1/jobs', submitAnswer, {
        method: 'POST',
        json: submitOf(procs, { Requirements: `TARGET.Name == "slot1@pilot-${wish}"` }),
      })
    ).cluster;
  const connect = async (uid: string, claims: Start['claim'][] = []) => {
    const pilot = await ScriptedPilot.open({ url: pool.url, token: await pool.token('pilot', uid), uid });
    pilot.sayHello({ claims });
    await pilot.next('welcome');
    return pilot;
  };
  const onlooker = await connect('onlooker');
  const watched = await submit(1, 'onlooker');
  const seen = await onlooker.next('start');
  onlooker.started(seen);
  let pilot = await connect('mixed');
  while (figures.messages < messages) {
    const cluster = await submit(4, 'mixed');
    const starts = await Promise.all(
      [0, 1, 2, 3].map((proc) => pilot.next('start', ({ job }) => job === `${cluster}.${proc}`, 20_000)),
    );
    const [bad, ...good] = starts as [Start, ...Start[]];
    for (const start of good) pilot.started(start);
    for (let count = 0; count < 50; count += 1) {
      pilot.sayRaw(mangled(resultOf(bad, random), random));
      figures.messages += 1;
    }
    if (random() < 0.1) {
      pilot.sayRaw(tooLong(resultOf(bad, random), random));
      figures.tooLong += 1;
      await pilot.end(20_000);
      figures.reconnects += 1;
      pilot = await connect(
        'mixed',
        starts.map(({ claim }) => claim),
      );
    }
    for (const start of good) pilot.finished(start);
    await Promise.all(
      good.map(({ claim }) => pilot.next('recorded', (said) => said.claim.id === claim.id, 20_000)),
    );
    pilot.finished(bad, { kind: 'exited', exitCode: 5 });
    await pilot.next('recorded', (said) => said.claim.id === bad.claim.id, 20_000);
    await judge(figures, alice, cluster);
    await alice.json('/v1/jobs/actions', jobActionAnswer, {
      method: 'POST',
      json: { action: 'remove', jobs: [`${cluster}.0`], reason: 'enough' },
    });
    if (pilot.ended !== undefined)
      figures.harmed.push(`the connection ended: ${JSON.stringify(pilot.ended)}`);
    pilot.heard.length = 0;
  }
  const { jobs } = await alice.json(`/v1/jobs/${watched}`, jobsAnswer);
  if (jobs[0]?.ad.JobStatus !== '2' || onlooker.ended !== undefined) figures.harmed.push('the onlooker');
  onlooker.finished(seen);
  await onlooker.recorded(seen.claim);
  onlooker.cut();
  pilot.cut();
  return figures;
}

async function judge(
  figures: StormFigures,
  alice: ReturnType<TestPool['client']>,
  cluster: number,
): Promise<void> {
  const { jobs } = await alice.json(`/v1/jobs/${cluster}`, jobsAnswer);
  for (const { id, ad, attempts } of jobs) {
    if (id.endsWith('.0')) continue;
    if (ad.JobStatus === '4' && ad.ExitCode === '0' && attempts.length === 1) figures.good += 1;
    else
      figures.harmed.push(
        `${id}: ${JSON.stringify({ status: ad.JobStatus, hold: ad.HoldReason, attempts })}`,
      );
  }
}

/**
 * Storms a real pilot from a scripted pool, while good jobs run on it. Bad starts name an image that is not there, so that
 * those which are valid after all end at once.
 * @param good starts good jobs, and how many
 */
export async function stormPilot(
  peer: PoolPeer,
  { messages, random, good }: StormOptions & { readonly good: readonly Start[] },
): Promise<StormFigures> {
  const figures: StormFigures = { messages: 0, tooLong: 0, reconnects: 0, good: 0, harmed: [] };
  await peer.hello();
  for (const start of good) peer.send(start);
  const bad = Array.from({ length: 20 }, () =>
    peer.startOf({ ad: { Cmd: '"/bin/true"', ContainerImage: '"there-is-none"' } }),
  );
  let hellos = 1;
  while (figures.messages < messages) {
    const start = pick(random, bad);
    const type = pick(random, ['start', 'start', 'start', 'stop', 'recorded', 'renewed', 'peek', 'work']);
    const message = {
      ...start,
      type,
      reason: 'r',
      sequence: 1,
      waiting: false,
      stream: 'stdout',
      id: 'x',
      offset: 0,
    };
    // A valid `renewed` or `work` is no attack; whatever claims a good job's claim would be one on itself.
    peer.sendRaw(mangled(message, random));
    figures.messages += 1;
    if (figures.messages % 2000 === 1000) {
      peer.sendRaw(tooLong(start, random));
      figures.tooLong += 1;
      hellos += 1;
      await peer.hello(hellos);
      figures.reconnects += 1;
    }
    if (figures.messages % 50 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  for (const { claim, job } of good) {
    const finished = await peer.finished(claim, 120_000).catch(() => undefined);
    if (finished?.outcome.kind === 'exited' && finished.outcome.exitCode === 0) figures.good += 1;
    else figures.harmed.push(`${job}: ${JSON.stringify(finished?.outcome)}`);
    peer.send({ type: 'recorded', claim });
  }
  await expectAnAnswer(peer, figures);
  return figures;
}

/**
 * After the storm it still takes work: a start that cannot be read is answered, and not by silence; so is one that takes more
 * than there is.
 */
async function expectAnAnswer(peer: PoolPeer, figures: StormFigures): Promise<void> {
  const ad = { Cmd: '"/bin/true"', ContainerImage: '"there-is-none"' };
  const unreadable = peer.startOf({ ad });
  peer.sendRaw(JSON.stringify({ ...unreadable, ad: 7 }));
  const tooMuch = peer.startOf({ ad, resources: { gpus: 1e308 } });
  peer.send(tooMuch);
  for (const [{ claim }, blame] of [
    [unreadable, 'job'],
    [tooMuch, 'pilot'],
  ] as const) {
    const { outcome } = await peer.finished(claim);
    if (outcome.kind !== 'startFailed' || outcome.blame !== blame)
      figures.harmed.push(`the start of ${claim.id}: ${JSON.stringify(outcome)}`);
  }
}
