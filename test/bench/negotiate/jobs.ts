import type { ProcDifferences } from '#pool/jobs/packed-procs.ts';
import { parseSubmit } from '#submit/parse-submit.ts';
import { eachProc } from '#submit/queue/procs.ts';
import { randomOf } from '#testing/random-of.ts';
import type { AdTexts } from '#wire/ad-texts.ts';
import { lateOwner, lateSite, sites } from './slots.ts';

/** A cluster whose jobs match alike, with arguments of their own. */
export interface MeasuredCluster {
  readonly owner: string;
  readonly ad: AdTexts;
  readonly procs: readonly ProcDifferences[];
}

export const users = 20;
const groups = ['cms', 'atlas', 'lhcb', ''];
const cores = [1, 1, 1, 1, 1, 1, 1, 2, 2, 4];
/** MiB for each core. */
const memories = [200, 900, 1900, 3000];
const ranks = ['', '', '', '', '', '', '', 'TARGET.Memory', 'Site3', 'Level'];

/** Clauses that read nothing but what the slots of a bucket have in common. */
const constantClauses = [
  '',
  '',
  '',
  '',
  '',
  'TARGET.GLIDEIN_Site =!= "site7"',
  'regexp("^site[1-3]", TARGET.GLIDEIN_Site)',
  'versionGE(TARGET.ApptainerVersion, "1.3.0") && (TARGET.Microarch >= "x86_64-v3")',
  '(TARGET.OpSysAndVer == "AlmaLinux9")',
];

/** Clauses that have to be looked at for each slot, or again after each change of what is free, or as time goes by. */
const dynamicClauses = [
  '(TARGET.Memory >= 512 * TARGET.Cpus)',
  '(TARGET.Memory * 2 > RequestMemory * TARGET.Cpus)',
  'regexp("^pilot-[0-9]*[02468]$", TARGET.Name)',
  '(time() >= 1700000000)',
];

export const dynamicShare = 0.1;

function rankOf(rank: string, number: number): string {
  if (rank === 'Site3') return `(TARGET.GLIDEIN_Site == "site${number % sites}") * 10`;
  return rank === 'Level' ? '(TARGET.Microarch == "x86_64-v4")' : rank;
}

/** As many clusters as autoclusters, each with so many jobs, from several users in some groups. */
export function* measuredClusters(autoclusters: number, jobs: number): Generator<MeasuredCluster> {
  const random = randomOf(17);
  const choose = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T;
  for (let number = 0; number < autoclusters; number += 1) {
    const user = number % users;
    const isDynamic = number % Math.round(1 / dynamicShare) === 0;
    const clause = choose(isDynamic ? dynamicClauses : constantClauses);
    const cpus = choose(cores);
    const rank = rankOf(choose(ranks), number);
    const group = groups[user % groups.length];
    const lines = [
      `request_cpus = ${cpus}`,
      // What it asks for tells it from every other autocluster of its user.
      `request_memory = ${cpus * choose(memories) + Math.floor(number / users)} MB`,
      ...(clause === '' ? [] : [`requirements = ${clause}`]),
      ...(rank === '' ? [] : [`rank = ${rank}`]),
      ...(group === '' ? [] : [`+AcctGroup = "${group}"`]),
      `priority = ${choose([0, 0, 0, 0, 5])}`,
    ];
    yield clusterOf(`user${user}`, jobs, lines);
  }
}

/** Jobs for the slots that are kept for them. */
export const lateCluster = (jobs: number, memory: number): MeasuredCluster =>
  clusterOf(lateOwner, jobs, [
    'request_cpus = 1',
    `request_memory = ${memory} MB`,
    `requirements = TARGET.GLIDEIN_Site == "${lateSite}"`,
  ]);

/** What a user would submit, through the submit language. */
export function clusterOf(owner: string, jobs: number, lines: readonly string[]): MeasuredCluster {
  const text = [
    'executable = /bin/true',
    'arguments = --seed $(Process) --output result.$(Process)',
    'container_image = analysis',
    'request_disk = 10 MB',
    ...lines,
    `queue ${jobs}`,
    '',
  ].join('\n');
  const expanded = parseSubmit(text, {
    file: 'bench.sub',
    owner,
    directory: `/home/${owner}`,
    now: 0,
    readFile: () => undefined,
    environment: {},
    random: Math.random,
    shortestSeries: Number.POSITIVE_INFINITY,
  });
  const procs = Array.from(eachProc(expanded), ({ attributes }) => ({ attributes, inputs: [] }));
  return { owner, ad: { ...expanded.cluster }, procs };
}
