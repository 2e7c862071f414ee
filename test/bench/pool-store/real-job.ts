import { randomUUID } from 'node:crypto';
import { parseSubmit } from '#submit/parse-submit.ts';
import { eachProc } from '#submit/queue/procs.ts';
import type { SubmitRequest } from '#wire/jobs.ts';

/**
 * What a user would write: the ads come from the submit language, so they have the attributes, the Requirements and the policies
 * of real jobs.
 */
const text = `executable = /bin/true
arguments = --seed $(Process) --output result.$(Process)
container_image = analysis
request_cpus = 1
request_memory = 128 MB
request_disk = 10 MB
`;

/** A submit that lists this many jobs, each with arguments of its own, under a new key. */
export function realJob(procs: number): SubmitRequest {
  const expanded = parseSubmit(`${text}queue ${procs}\n`, {
    file: 'bench.sub',
    owner: 'alice',
    directory: '/home/alice',
    now: 0,
    readFile: () => undefined,
    environment: {},
    random: Math.random,
    shortestSeries: Number.POSITIVE_INFINITY,
  });
  return {
    key: randomUUID(),
    cluster: { ...expanded.cluster },
    procs: Array.from(eachProc(expanded), ({ attributes }) => ({ attributes, inputs: [] })),
  };
}
