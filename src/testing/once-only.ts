import { jobActionAnswer, jobsAnswer, submitAnswer } from '#wire/jobs.ts';
import { submitOf } from './ads.ts';
import { CutLine } from './cut-line.ts';
import { PilotProcess } from './pilot-process.ts';
import { RunWitness } from './run-witness.ts';
import { TestPool } from './test-pool.ts';

interface OnceOnlyOptions {
  readonly seconds: number;
  readonly random: () => number;
}

export interface OnceOnlyFigures {
  /** What was done to jobs and pilots, by name. */
  readonly done: Record<string, number>;
  /** How many kinds of action there are. */
  readonly actions: number;
  readonly runs: number;
  readonly overlaps: readonly string[];
}

const leaseSeconds = 6;
const jobs = 4;
const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** A pilot behind a line of its own. Each is another pod: one that was killed does not come back. */
async function startPilot(pool: TestPool, number: number) {
  const line = await CutLine.start(Number(new URL(pool.url).port));
  const uid = `once-${number}`;
  const pilot = await PilotProcess.start({
    url: line.url,
    uid,
    token: await pool.token('pilot', uid),
    spec: { cpus: 3, memory: '512Mi', lifetimes: { grace: '2s' } },
  });
  return { pilot, line, uid };
}

/**
 * Holds, releases and removes jobs, kills pilots and cuts their lines, in random order, with payloads that ignore SIGTERM
 * and a witness outside of everything.
 */
export async function onceOnly({ seconds, random }: OnceOnlyOptions): Promise<OnceOnlyFigures> {
  const pool = await TestPool.start({ leaseSeconds });
  const witness = await RunWitness.listen();
  const done: Record<string, number> = {};
  let made = 0;
  const fresh = () => startPilot(pool, ++made);
  const pilots = [await fresh(), await fresh()];
  const alice = pool.client('submitter', 'alice');
  const queue: string[] = [];
  const submit = async () => {
    const name = `job${queue.length}-${made}-${Math.floor(random() * 1e9)}`;
    const script = witness.script(name, 60).replaceAll("'", "''");
    const { cluster } = await alice.json('/v1/jobs', submitAnswer, {
      method: 'POST',
      json: submitOf(1, {
        Cmd: '"/bin/sh"',
        Arguments: JSON.stringify(`-c '${script}'`),
        TransferExecutable: 'false',
        ContainerImage: '"hello"',
        RequestMemory: '64',
        OnExitRemove: 'false',
      }),
    });
    queue.push(`${cluster}.0`);
  };
  const act = (action: 'hold' | 'release' | 'remove', job: string) =>
    alice.json('/v1/jobs/actions', jobActionAnswer, {
      method: 'POST',
      json: { action, jobs: [job], reason: 'by the witness' },
    });
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T;
  const actions: Record<string, () => Promise<unknown>> = {
    hold: () => act('hold', pick(queue)),
    release: () => act('release', pick(queue)),
    holdAndRelease: async () => {
      const job = pick(queue);
      await act('hold', job);
      await act('release', job);
    },
    remove: async () => {
      await act('remove', queue.splice(Math.floor(random() * queue.length), 1)[0] ?? '1.0');
      await submit();
    },
    cut: async () => {
      const { line } = pick(pilots);
      line.cut();
      setTimeout(() => line.mend(), random() * 1.5 * leaseSeconds * 1000);
    },
    reconnect: async () => {
      const { line } = pick(pilots);
      line.cut();
      line.mend();
    },
    kill: async () => {
      const index = Math.floor(random() * pilots.length);
      const old = pilots[index];
      await old?.pilot.destroy();
      await old?.line.stop();
      pilots[index] = await fresh();
    },
  };
  const names = [
    'hold',
    'release',
    'release',
    'holdAndRelease',
    'holdAndRelease',
    'remove',
    'cut',
    'reconnect',
    'kill',
  ];
  try {
    for (let count = 0; count < jobs; count += 1) await submit();
    for (const end = performance.now() + seconds * 1000; performance.now() < end; ) {
      const name = pick(names);
      await actions[name]?.();
      done[name] = (done[name] ?? 0) + 1;
      await pause(200 + random() * 1500);
    }
    await alice.json('/v1/jobs', jobsAnswer);
    return { done, actions: Object.keys(actions).length, runs: witness.runs, overlaps: witness.overlaps };
  } finally {
    for (const { pilot, line } of pilots) {
      await pilot.destroy();
      await line.stop();
    }
    await pool.destroy();
    await witness.close();
  }
}
