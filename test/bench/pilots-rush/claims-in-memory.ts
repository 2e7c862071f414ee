import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { packProcs } from '#pool/jobs/packed-procs.ts';
import { apply } from '#pool/queue/apply.ts';
import { Queue } from '#pool/queue/queue.ts';
import { jobTexts } from '#testing/ads.ts';
import { report } from '#testing/figures.ts';

const claims = 1_000_000;
const clusterSize = 1000;
const pilots = 10_000;

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

function heap(): number {
  collect();
  return process.memoryUsage().heapUsed;
}

/** The queue of a pool in which a million jobs run. */
export async function claimsInMemory(): Promise<void> {
  const before = heap();
  const queue = new Queue();
  const takes = { cpus: 1, memory: 128, disk: 10_240, gpus: 0 };
  for (let cluster = 1; cluster <= claims / clusterSize; cluster += 1) {
    const procs = Array.from({ length: clusterSize }, (_, proc) => ({
      attributes: { Arguments: `"--seed ${proc}"` },
      inputs: [],
    }));
    const at = Date.now();
    const ad = jobTexts();
    apply(queue, {
      type: 'submit',
      at,
      cluster,
      key: `k${cluster}`,
      owner: 'alice',
      ad,
      procs: packProcs(procs),
    });
  }
  const idle = heap();
  for (let number = 0; number < claims; number += 1) {
    const job = { cluster: 1 + Math.floor(number / clusterSize), proc: number % clusterSize };
    const at = Date.now();
    const uid = `00000000-0000-4000-8000-${String(number % pilots).padStart(12, '0')}`;
    const claim = { generation: 'the-generation-of-the-pool', id: `${job.cluster}.${job.proc}.1`, epoch: 1 };
    const pilot = { uid, name: `pilot-${number % pilots}`, group: 'bench', site: 'here' };
    apply(queue, { type: 'claim', at, job, claim, pilot, takes });
    apply(queue, { type: 'start', at, job, epoch: 1 });
  }
  const running = heap();
  report({
    name: 'memory of a running claim',
    figure: (running - idle) / claims,
    unit: 'bytes',
    aim: null,
    better: 'lower',
    baseline: (idle - before) / claims,
    memory: running / 2 ** 20,
    conditions: `${claims} running jobs of ${pilots} pilots in clusters of ${clusterSize}, with arguments of their own, heap after a collection; the baseline is an idle job; memory is the whole heap`,
  });
  if (queue.countIn('Running') !== claims) throw new Error('not all of them run');
}
