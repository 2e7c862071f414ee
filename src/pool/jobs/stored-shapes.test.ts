import { describe, expect, it } from 'vitest';
import { jobTexts } from '#testing/ads.ts';
import { jobView as jobViewShape } from '#wire/jobs.ts';
import { apply } from '../queue/apply.ts';
import { recordOf } from '../queue/ledger.ts';
import { Queue } from '../queue/queue.ts';
import { Replay } from '../queue/replay.ts';
import { differencesToRows } from './fresh-rows.ts';
import { jobName } from './job.ts';
import { JobAds } from './job-ads.ts';
import { jobView } from './job-view.ts';
import { type ClaimTransition, JoinedClaims } from './joined-claims.ts';
import { packProcs } from './packed-procs.ts';
import { clusterToRow, jobToRow } from './rows.ts';
import type { Transition } from './transition.ts';

const at = 1_700_000_000_000;
const file = { name: 'a', digest: `sha256:${'0'.repeat(64)}`, size: 1, executable: false };
const job = (proc: number) => ({ cluster: 1, proc });
const pilot = { uid: 'u', name: 'p', group: 'g', site: 's' };
const claim = (proc: number, epoch = 1): Transition => ({
  type: 'claim',
  at,
  job: job(proc),
  claim: { generation: 'g', id: `1.${proc}.${epoch}`, epoch },
  pilot,
  takes: { cpus: 1, memory: 1, disk: 1, gpus: 0 },
});
const result = {
  outcome: { kind: 'stopped' as const, reason: 'r', endOfLife: { lifeSeconds: 1, ranSeconds: 1 } },
  startedAt: at,
  endedAt: at,
  usage: { wallSeconds: 1 },
  outputs: [file],
  stdout: { ...file, printed: 3 },
  folders: ['f'],
  left: [{ name: 'l', reason: 'r' }],
};
const trouble = { losses: 1, failures: 1, retryAt: at };
const exited = { kind: 'exited' as const, exitCode: 0 };

const journal: readonly Transition[] = [
  {
    type: 'submit',
    at,
    cluster: 1,
    key: 'alice/k',
    owner: 'alice',
    ad: jobTexts(),
    procs: packProcs(Array.from({ length: 5 }, () => ({ attributes: { Foo: '1' }, inputs: [file] }))),
  },
  ...[0, 1, 2, 3].map((proc) => claim(proc)),
  { type: 'start', at, job: job(0), epoch: 1 },
  { type: 'end', at, job: job(0), epoch: 1, result, next: { state: 'Idle', reason: 'r', trouble } },
  { type: 'end', at, job: job(1), epoch: 1, result, next: { state: 'Held', code: 3, reason: 'r' } },
  { type: 'lost', at, job: job(2), epoch: 1, reason: 'r', trouble, hold: { code: 3, reason: 'r' } },
  { type: 'late', at, job: job(2), epoch: 1, outcome: exited },
  { type: 'hold', at, job: job(3), code: 1, reason: 'r' },
  { type: 'over', at, job: job(3), epoch: 1, result },
  { type: 'release', at, job: job(3), reason: 'r' },
  { type: 'prio', at, job: job(4), priority: 7 },
  { type: 'remove', at, job: job(4), reason: 'r' },
];

const differences = differencesToRows(1, (journal[0] as Extract<Transition, { type: 'submit' }>).procs);

const odd = [null, 'x', -1, 1e300, [], {}, [null], [7], { a: 1 }, '\0', true];

/** Each text that differs from `text` in one place that is absent, or something else. */
function* damaged(text: string): Iterable<readonly [what: string, text: string]> {
  for (const path of pathsIn(JSON.parse(text))) {
    for (const value of [undefined, ...odd]) {
      const copy = { '': JSON.parse(text) as Record<string, unknown> };
      let place: Record<string, unknown> = copy;
      for (const name of ['', ...path.slice(0, -1)]) place = place[name] as Record<string, unknown>;
      place[path.at(-1) ?? ''] = value;
      yield [`${path.join('.')} = ${JSON.stringify(value)}`, JSON.stringify(copy[''])];
    }
  }
}

function* pathsIn(value: unknown): Iterable<readonly string[]> {
  if (typeof value !== 'object' || value === null) return;
  for (const [name, inner] of Object.entries(value)) {
    yield [name];
    for (const path of pathsIn(inner)) yield [name, ...path];
  }
}

const nothing = { differences: [], clusters: [], jobs: [], ended: [], journal: [] };

/** Names of the jobs that cannot be shown. */
function unshowable(queue: Queue): string[] {
  const ads = new JobAds();
  return [...queue.jobs()]
    .filter(
      (one) =>
        !jobViewShape.safeParse(JSON.parse(JSON.stringify(jobView(ads, one, { isOwner: true })))).success,
    )
    .map(jobName);
}

describe('damaged records', () => {
  const begin = () => {
    const queue = new Queue();
    return { queue, replay: new Replay(queue, (one) => apply(queue, one)) };
  };

  it('after a damaged journal record every job can still be listed', () => {
    for (const [index, transition] of journal.entries()) {
      for (const [what, text] of damaged(recordOf(transition))) {
        const { queue, replay } = begin();
        const records = journal.map((one, at) => ({
          seq: at + 1,
          record: at === index ? text : recordOf(one),
        }));
        replay.part({ ...nothing, differences });
        replay.part({ ...nothing, journal: records });
        expect(unshowable(queue), `${transition.type}: ${what}`).toEqual([]);
      }
    }
  });

  const [submitted, ...others] = journal.map((one) => recordOf(one));
  const claims = journal.filter((one): one is ClaimTransition => one.type === 'claim');
  const joined = new JoinedClaims(claims[0] as ClaimTransition);
  for (const one of claims.slice(1)) joined.add(one);
  const record = joined.print();
  /** What a queue has after these records, with the jobs that are blamed for the damage. */
  const replayed = (texts: readonly string[]) => {
    const { queue, replay } = begin();
    replay.part({ ...nothing, differences });
    replay.part({ ...nothing, journal: texts.map((text, at) => ({ seq: at + 1, record: text })) });
    return { queue, blamed: [...replay.faulty.keys()].map(jobName), aside: replay.aside.length };
  };

  it('after a damaged record of joined claims every job can still be listed', () => {
    for (const [what, text] of damaged(record)) {
      const { queue } = replayed([submitted ?? '', text, ...others.slice(claims.length)]);
      expect(unshowable(queue), what).toEqual([]);
      expect([...queue.jobs()], what).toHaveLength(5);
    }
  });

  it('a claim that cannot be read in a record of several is put down to its job alone', () => {
    const damage = record.replace('"claims":[1,0,1,0,0,0,1,1,1,0,0,0', '"claims":[1,0,1,0,0,0,1,1,1,0,9,0');
    expect(damage).not.toBe(record);
    const { queue, blamed, aside } = replayed([submitted ?? '', damage]);
    expect(blamed).toEqual(['1.1']);
    expect(aside).toBe(1);
    expect([...queue.ownJobs()].filter(({ state }) => state === 'Running').map(jobName)).toEqual([
      '1.0',
      '1.2',
      '1.3',
    ]);
  });

  it('a record of several claims that was cut off is put down to the jobs that it still names', () => {
    const whole = '{"type":"claims","claims":[1,0,1,0,0,0,1,1,1,0,0,0,1,3';
    const { queue, blamed } = replayed([submitted ?? '', whole]);
    // The last number may have lost some of its digits.
    expect(blamed).toEqual(['1.0', '1.1']);
    expect(queue.countIn('Running')).toBe(0);
  });

  it('after a damaged job record every job can still be listed', () => {
    const whole = new Queue();
    for (const one of [...journal, claim(4, 1)]) apply(whole, one);
    const clusters = [...whole.clusters()].map(clusterToRow);
    const rows = [...whole.jobs()].map(jobToRow);
    for (const row of rows) {
      for (const [what, record] of damaged(row.record)) {
        const { queue, replay } = begin();
        replay.part({ ...nothing, clusters });
        replay.part({ ...nothing, jobs: rows.map((one) => (one === row ? { ...row, record } : one)) });
        expect(unshowable(queue), `${row.proc}: ${what}`).toEqual([]);
        expect([...queue.jobs()]).toHaveLength(rows.length);
      }
    }
  });
});
