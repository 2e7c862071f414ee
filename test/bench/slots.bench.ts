import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { percentile, report } from '#testing/figures.ts';
import { here } from './pool-store/conditions.ts';

/** Lists of 100,000 slots, and how long another user waits for an answer meanwhile. */
const slots = 100_000;

const child = spawn(
  process.execPath,
  [fileURLToPath(new URL('slots/slots-process.ts', import.meta.url)), String(slots)],
  {
    stdio: ['pipe', 'pipe', 'inherit'],
  },
);
try {
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  const { url, tokens } = JSON.parse(line) as { url: string; tokens: [string, string] };
  const ask = async (path: string, token: string): Promise<string> => {
    const answer = await fetch(new URL(path, url), { headers: { authorization: `Bearer ${token}` } });
    if (!answer.ok) throw new Error(`${path}: ${await answer.text()}`);
    return answer.text();
  };
  /** How long a small request of another user takes, again and again until `until` holds. */
  const waits = async (until: (asked: number) => boolean): Promise<number[]> => {
    const taken: number[] = [];
    while (!until(taken.length)) {
      const began = performance.now();
      await ask('/v1/jobs?limit=1', tokens[1]);
      taken.push(performance.now() - began);
    }
    return taken;
  };
  const alone = percentile(await waits((asked) => asked === 300), 0.99);
  const hostile = `sum({${Array.from({ length: 500 }, () => 'Speed').join()}}) < 0`;
  const lists = {
    'names and states of all': '?projection=Name,State,Activity,Cpus',
    'whole ads of all': '?',
    'those that a constraint selects': `?constraint=${encodeURIComponent('Speed == 7 && PartitionableSlot')}`,
    'those that an expensive constraint selects': `?constraint=${encodeURIComponent(hostile)}`,
  };
  for (const [what, query] of Object.entries(lists)) {
    const began = performance.now();
    let listed: { readonly took: number; readonly bytes: number } | undefined;
    const list = ask(`/v1/slots${query}&limit=${slots}`, tokens[0]).then((text) => {
      listed = { took: performance.now() - began, bytes: text.length };
    });
    const beside = await waits(() => listed !== undefined);
    await list;
    const { took = 0, bytes = 0 } = listed ?? {};
    const conditions = `${what}: ${(bytes / 2 ** 20).toFixed(1)} MiB in ${(took / 1000).toFixed(1)} s, ${slots} slots of ${slots / 5} pilots; the 99th percentile of a user's small requests, alone ${alone.toFixed(1)} ms; ${here}`;
    report({
      name: `waiting of another user beside a list of slots (${what})`,
      figure: percentile(beside, 0.99),
      unit: 'ms',
      aim: 50,
      better: 'lower',
      baseline: alone,
      conditions,
    });
  }
} finally {
  child.stdin.end();
  await once(child, 'exit');
}
