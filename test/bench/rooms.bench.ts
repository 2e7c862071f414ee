import { cpus } from 'node:os';
import { table } from '#cli/table.ts';
import { pressure } from '#pressure/pressure.ts';
import { parseSubmit } from '#submit/parse-submit.ts';
import { percentile, report } from '#testing/figures.ts';
import { groupOf, jobsOf, known, pilotOf, policyOf } from '#testing/pressure-world.ts';

/** Pure rooms at sizes that a large site meets, each beside the same work at a tenth of the size in the same run. */

const rounds = 8;
const conditions = `${rounds} rounds, warm, ${cpus().length} cores; the baseline is the same at a tenth of the size`;

function milliseconds(work: () => unknown): number {
  const times = Array.from({ length: rounds }, () => {
    const begin = performance.now();
    work();
    return performance.now() - begin;
  });
  return percentile(times, 0.5);
}

function measure(
  name: string,
  aim: number | null,
  size: number,
  make: (size: number) => () => unknown,
): void {
  const baseline = milliseconds(make(size / 10));
  const figure = milliseconds(make(size));
  report({ name, figure, unit: 'ms', aim, better: 'lower', baseline, conditions });
}

const groups = Array.from({ length: 10 }, (_, n) =>
  groupOf(`g${n}`, { cpus: 8 }, { starting: 20, limits: { maxPilots: 2000, maxPending: 2000 } }),
);

measure('one decision on 200 autoclusters of 100,000 jobs, 1,000 pilots, 10 groups', 200, 1000, (size) => {
  const pilots = Array.from({ length: size }, (_, n) => {
    const free = { cpus: n % 8, memory: 1000 + (n % 97) * 10 };
    return pilotOf(`p${n}`, `g${n % 10}`, 'Busy', free, { Machine: `"host${n}"` });
  });
  const waiting = Array.from({ length: size / 5 }, (_, id) => {
    const request = { cpus: 1 + (id % 9), memory: 128 * (1 + (id % 20)) };
    return jobsOf(100_000, request, { id, texts: { Owner: `"u${id}"` } });
  });
  return () => pressure(known(waiting, pilots), groups, policyOf(), undefined);
});

measure('a submit file of 100,000 jobs with an input each', 2000, 100_000, (size) => {
  const text = `executable = a.sh\narguments = "$(Process) $(x)"\ntransfer_input_files = in/$(x), common\noutput = o.$(Process)\n+Part = $(Process)\nqueue ${size} x in (p)`;
  const options = {
    file: 'bench.sub',
    owner: 'bench',
    directory: '/',
    now: 0,
    environment: {},
    random: Math.random,
  };
  return () => parseSubmit(text, { ...options, readFile: () => undefined });
});

measure('a table of 10,000 rows', null, 10_000, (size) => {
  const rows = Array.from({ length: size }, (_, n) => [`${n}.0`, 'alice', 'sleep 60']);
  return () => table(['ID', 'OWNER', 'CMD'], rows, false);
});
