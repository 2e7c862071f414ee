import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { slotTexts, submitOf } from '#testing/ads.ts';
import { ScriptedPilot } from '#testing/scripted-pilot.ts';
import { TestPool } from '#testing/test-pool.ts';
import { jobsAnswer, submitAnswer } from '#wire/jobs.ts';
import type { Hello } from '#wire/pilot-messages.ts';
import { type SlotsAnswer, slotsAnswer } from '#wire/slots.ts';

let pool: TestPool;
const pilots: ScriptedPilot[] = [];

beforeEach(async () => {
  pool = await TestPool.start();
});
afterEach(async () => {
  for (const pilot of pilots.splice(0)) pilot.cut();
  await pool.destroy();
});

async function pilot(uid: string, slot = {}): Promise<ScriptedPilot> {
  const known = [...pilots.map((each) => each.uid), uid];
  await pool.client('operator', 'here').raw('/v1/bidders/here/pilots', {
    method: 'POST',
    json: {
      session: 's',
      complete: true,
      pilots: known.map((each) => ({ uid: each, name: `pilot-${each}`, group: 'test', registered: false })),
    },
  });
  const token = await pool.token('pilot', uid);
  const started = await ScriptedPilot.start({ url: pool.url, uid, token, slot });
  pilots.push(started);
  return started;
}

const submit = async (procs = 1, ad = {}): Promise<number> =>
  (
    await pool
      .client('submitter', 'alice')
      .json('/v1/jobs', submitAnswer, { method: 'POST', json: submitOf(procs, ad) })
  ).cluster;

const page = (query: Record<string, string | number | undefined> = {}, who = 'alice'): Promise<SlotsAnswer> =>
  pool.client('submitter', who).json('/v1/slots', slotsAnswer, { query });

/** The values of these attributes of each slot. */
const told = async (names: readonly string[], constraint?: string) =>
  (await page({ projection: names.join(), constraint })).slots.map((slot) =>
    names.map((name) => slot[name]).join(' '),
  );

/** Registers pilots without a socket. */
function registered(count: number, slot = {}): void {
  for (let n = 0; n < count; n += 1) {
    const hello = { uid: `u${n}`, name: `n${n}`, group: 'g', site: 's', slot: slotTexts(slot), claims: [] };
    const rest = { type: 'hello', protocol: 1, retireIn: 3600, draining: false } as const;
    const connection = { send: () => {}, sendPrinted: () => {}, close: () => {} };
    pool.core.collector.register({ ...hello, ...rest } satisfies Hello, connection);
  }
}

describe('slots', () => {
  it('a slot goes through the states of HTCondor while jobs come, run, are held, and the pilot drains', async () => {
    const states = () => told(['Name', 'State', 'Activity', 'JobId', 'RemoteOwner', 'Cpus', 'TotalSlotCpus']);
    const one = await pilot('a');
    expect(await states()).toEqual(['"slot1@pilot-a" "Unclaimed" "Idle"   4 ']);
    const cluster = await submit(2, { RequestCpus: '2' });
    const start = await one.next('start', ({ job }) => job === `${cluster}.0`);
    await one.next('start', ({ job }) => job === `${cluster}.1`);
    const second = `"slot1_2@pilot-a" "Claimed" "Idle" "${cluster}.1" "alice" 2 2`;
    expect(await states()).toEqual([
      '"slot1@pilot-a" "Unclaimed" "Idle"   0 ',
      `"slot1_1@pilot-a" "Claimed" "Idle" "${cluster}.0" "alice" 2 2`,
      second,
    ]);
    one.started(start);
    await expect.poll(states).toContain(`"slot1_1@pilot-a" "Claimed" "Busy" "${cluster}.0" "alice" 2 2`);
    await pool
      .client('operator', 'here')
      .raw('/v1/pilots/a/drain', { method: 'POST', json: { reason: 'r' } });
    expect((await states()).slice(0, 2)).toEqual([
      '"slot1@pilot-a" "Drained" "Retiring"   0 ',
      `"slot1_1@pilot-a" "Claimed" "Retiring" "${cluster}.0" "alice" 2 2`,
    ]);
    await pool.client('submitter', 'alice').raw('/v1/jobs/actions', {
      method: 'POST',
      json: { action: 'hold', jobs: [`${cluster}.0`], reason: 'r' },
    });
    expect((await states())[1]).toBe(`"slot1_1@pilot-a" "Preempting" "Vacating" "${cluster}.0" "alice" 2 2`);
    one.finished(start, { kind: 'stopped', reason: 'r' });
    await one.recorded(start.claim);
    expect(await states()).toEqual(['"slot1@pilot-a" "Drained" "Retiring"   2 ', second]);
    one.cut();
    await expect.poll(states).toContain('"slot1@pilot-a" "Owner" "Idle"   2 ');
  });

  it('an ad has what its pilot said, who the pilot is, and times', async () => {
    const before = Math.floor(Date.now() / 1000);
    await pilot('a', { Foo: '1 + 1', GLIDEIN_Site: '"a lie"' });
    const [slot = {}] = (await page()).slots;
    expect(slot).toMatchObject({
      MyType: '"Machine"',
      Foo: '1 + 1',
      GLIDEIN_Site: '"here"',
      GLIDEIN_Group: '"test"',
      GLIDEIN_Pilot: '"pilot-a"',
      GLIDEIN_PilotUid: '"a"',
      GLIDEIN_Connected: 'true',
      Draining: 'false',
      PartitionableSlot: 'true',
      NumDynamicSlots: '0',
    });
    for (const name of ['EnteredCurrentState', 'MyCurrentTime', 'LastHeardFrom', 'DaemonStartTime'])
      expect(Math.abs(Number(slot[name]) - before)).toBeLessThan(60);
    expect(Math.abs(Number(slot.GLIDEIN_ToRetire) - before - 3600)).toBeLessThan(60);
  });

  it('a claimed slot says whose job runs there, since when, and which name its use is charged to', async () => {
    await pilot('a');
    await submit(1, { AcctGroup: '"atlas"' });
    const claimed = () => told(['RemoteOwner', 'AccountingGroup'], 'DynamicSlot');
    await expect.poll(claimed).toEqual(['"alice" "atlas.alice"']);
    expect(await told(['Name'], 'DynamicSlot && time() - EnteredCurrentState < 60')).toHaveLength(1);
  });

  it('a projection brings what its attributes read, so that their values are those of the whole ad', async () => {
    await pilot('a', { Answer: 'Half * 2', Half: 'Third + 18', Third: '3', Other: '7' });
    expect((await page({ projection: 'answer, Nope' })).slots).toEqual([
      { Answer: 'Half * 2', Half: 'Third + 18', Third: '3' },
    ]);
    const whole = (await page()).slots[0];
    await pilot('b', { Any: 'eval("Cp" + "us")' });
    const any = (await page({ projection: 'Any', constraint: 'GLIDEIN_Pilot == "pilot-b"' })).slots[0] ?? {};
    expect(Object.keys(any)).toEqual(expect.arrayContaining(['Any', 'Cpus', 'Memory']));
    expect(Object.keys(whole ?? {})).toEqual(expect.arrayContaining(['Other', 'Start']));
  });

  it('a constraint reads the whole ad, whatever the projection, and one that cannot be read is refused', async () => {
    await pilot('a', { Cpus: '8' });
    await pilot('b');
    expect(await told(['Name'], 'Cpus > 4 && Start && MyCurrentTime <= time()')).toEqual(['"slot1@pilot-a"']);
    expect(await told(['Name'], 'Nope > 4')).toEqual([]);
    await expect(page({ constraint: 'Cpus >' })).rejects.toMatchObject({ code: 'InvalidExpression' });
    await expect(page({ limit: 0 })).rejects.toMatchObject({ code: 'InvalidArgument' });
    await expect(page({ after: 'a' })).rejects.toMatchObject({ code: 'InvalidArgument' });
    await expect(pool.client('pilot', 'a').json('/v1/slots', slotsAnswer)).rejects.toMatchObject({
      code: 'Forbidden',
    });
  });

  it('pages of any size make up the whole list, also when a pilot goes in between', async () => {
    const first = await pilot('a');
    await submit(3);
    await first.next('start', ({ job }) => job.endsWith('.2'));
    await pilot('b', { Start: 'false' });
    await pilot('c', { Start: 'false' });
    const names = (slots: SlotsAnswer['slots']) => slots.map(({ Name }) => Name);
    const whole = names((await page()).slots);
    expect(whole).toHaveLength(6);
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 7 }), async (limit) => {
        const listed: (string | undefined)[] = [];
        for (let after: string | undefined, more = true; more; ) {
          const answer = await page({ limit, after });
          listed.push(...names(answer.slots));
          after = answer.next;
          more = after !== undefined;
        }
        expect(listed).toEqual(whole);
      }),
      { numRuns: 7 },
    );
    const { next } = await page({ limit: 5 });
    await pool.core.pilots.lose('b', 'gone');
    expect(names((await page({ after: next })).slots)).toEqual(['"slot1@pilot-c"']);
  });

  it('a list whose constraint is expensive for each of many slots does not keep others waiting', async () => {
    registered(400);
    const many = Array.from({ length: 2000 }, () => 'Cpus').join();
    let isDone = false;
    const list = page({ constraint: `sum({${many}}) > 0`, projection: 'Name' }).finally(() => {
      isDone = true;
    });
    const bob = pool.client('submitter', 'bob');
    let answered = 0;
    while (!isDone) {
      await bob.json('/v1/jobs', jobsAnswer);
      if (!isDone) answered += 1;
    }
    expect((await list).total).toBe(400);
    expect(answered).toBeGreaterThan(2);
  });

  it('a constraint that would never end is false for each slot, and the list ends', async () => {
    registered(20, {
      A: 'B + B',
      B: 'C + C',
      C: 'D + D',
      D: 'E + E',
      E: 'F + F',
      F: 'G + G',
      G: 'H + H',
      H: '1',
    });
    const costly = Array.from({ length: 200 }, () => 'A').join(' + ');
    expect((await page({ constraint: `${costly} > 0` })).slots).toEqual([]);
  });
});
