import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { PoolClient } from '#client/pool-client.ts';
import { parseSubmit } from '#submit/parse-submit.ts';
import { percentile, report } from '#testing/figures.ts';
import { GlideinUp } from '#testing/glidein-up.ts';
import { siteManifests } from '#testing/manifests.ts';
import { type JobView, jobsAnswer, submitAnswer } from '#wire/jobs.ts';

/**
 * From a submit to the payload's own first instruction, which stamps the time itself, on a pilot that is warm: beside
 * a bare `apptainer exec` of the same image, turn by turn in the same run. The command line's start is not in it and is
 * given apart.
 */

const rounds = Number(process.env.GLIDEIN_BENCH_ROUNDS ?? 100);
const root = resolve(import.meta.dirname, '../..');
const { GLIDEIN_TEST_APPTAINER: apptainer = '', GLIDEIN_TEST_IMAGES: images = '' } = process.env;
const conditions = `${rounds} rounds, turn by turn, one job at a time, ${cpus().length} cores, ${process.getuid?.() === 0 ? 'root' : 'ordinary user'}, without the command line's start`;

/** Epoch milliseconds with fractions, by the clock that payloads stamp with. */
const now = (): number => performance.timeOrigin + performance.now();

const run = (file: string, args: readonly string[]): Promise<string> =>
  new Promise((done, fail) => {
    execFile(file, args, { env: { PATH: process.env.PATH } }, (error, out) =>
      error === null ? done(out) : fail(error),
    );
  });

async function bare(directory: string): Promise<number> {
  const place = join(directory, randomUUID());
  await mkdir(join(place, 'work'), { recursive: true });
  await mkdir(join(place, 'job'));
  const flags = [
    '--userns',
    '--containall',
    '--cleanenv',
    '--no-eval',
    '--no-home',
    '--workdir',
    join(place, 'work'),
  ];
  const begin = now();
  const out = await run(apptainer, [
    '--silent',
    'exec',
    ...flags,
    '--bind',
    `${join(place, 'job')}:/srv`,
    '--cwd',
    '/srv',
    join(images, 'bench'),
    'stamp',
  ]);
  return Number(out) / 1e6 - begin;
}

class Bench {
  readonly #client: PoolClient;

  constructor(client: PoolClient) {
    this.#client = client;
  }

  /** Submits one job and polls until it has ended. @returns the job, and the milliseconds from submit to done */
  async job(executable: string): Promise<{ view: JobView; begin: number; done: number }> {
    const text = `executable = ${executable}\ncontainer_image = bench\nrequest_memory = 128 MB\nrequest_disk = 10 MB\nqueue\n`;
    const { cluster, procs } = parseSubmit(text, {
      file: 'bench.sub',
      owner: 'bench',
      directory: '/',
      now: 0,
      readFile: () => undefined,
      environment: {},
      random: Math.random,
    });
    const begin = now();
    const answer = await this.#client.json('/v1/jobs', submitAnswer, {
      method: 'POST',
      json: {
        key: randomUUID(),
        cluster,
        procs: procs.map(({ attributes }) => ({ attributes, inputs: [] })),
      },
    });
    for (;;) {
      const { jobs } = await this.#client.json(`/v1/jobs/${answer.cluster}.0`, jobsAnswer);
      const [view] = jobs;
      if (view?.ad.JobStatus === '5') throw new Error(`job is held: ${view.ad.HoldReason}`);
      if (view?.ad.JobStatus === '4') return { view, begin, done: now() - begin };
      await new Promise((wait) => setTimeout(wait, 2));
    }
  }

  async firstInstruction(): Promise<number> {
    const { view, begin } = await this.job('/bin/stamp');
    const answer = await this.#client.raw(`/v1/jobs/${view.id}/logs/stdout`);
    return Number(await answer.body.text()) / 1e6 - begin;
  }
}

async function commandLine(up: GlideinUp): Promise<void> {
  const starts: number[] = [];
  const submits: number[] = [];
  for (let round = 0; round < 10; round += 1) {
    let begin = now();
    await run(process.execPath, [join(root, 'dist/glidein.js'), '--version']);
    starts.push(now() - begin);
    begin = now();
    await up.submit('executable = /bin/true\ncontainer_image = bench\nrequest_disk = 10 MB\nqueue\n');
    submits.push(now() - begin);
  }
  const base = { unit: 'ms', aim: null, better: 'lower', conditions: '10 rounds, whole process' } as const;
  report({ ...base, name: 'cli start (--version) p50', figure: percentile(starts, 0.5), baseline: null });
  report({
    ...base,
    name: 'cli submit of one job p50',
    figure: percentile(submits, 0.5),
    baseline: percentile(starts, 0.5),
  });
}

const modes = ['fresh', 'warm'] as const;

/** Measures a site whose payloads get containers of their own, or enter one that is set up already. */
async function measure(up: GlideinUp, mode: (typeof modes)[number], directory: string): Promise<void> {
  const endpoint = JSON.parse(await readFile(join(up.directory, 'state/endpoint.json'), 'utf8')) as {
    url: string;
    tokenFile: string;
  };
  const token = (await readFile(endpoint.tokenFile, 'utf8')).trim();
  const client = new PoolClient({ url: endpoint.url, token: () => token });
  const bench = new Bench(client);
  process.stderr.write(`warming a pilot, ${mode} containers\n`);
  for (let warm = 0; warm < 5; warm += 1) await bench.firstInstruction();
  const bares: number[] = [];
  const paths: number[] = [];
  const dones: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    if (round % 20 === 0) process.stderr.write(`round ${round} of ${rounds}\n`);
    bares.push(await bare(directory));
    paths.push(await bench.firstInstruction());
    dones.push((await bench.job('/bin/true')).done);
  }
  for (const [name, share] of [
    ['p50', 0.5],
    ['p99', 0.99],
  ] as const) {
    const baseline = percentile(bares, share);
    const base = { unit: 'ms', better: 'lower', conditions } as const;
    report({
      ...base,
      name: `bare apptainer exec to first instruction ${name}, beside ${mode} containers`,
      figure: baseline,
      aim: null,
      baseline: null,
    });
    const aim = mode === 'warm' ? baseline : baseline + 30;
    report({
      ...base,
      name: `submit to first instruction ${name}, ${mode} container`,
      figure: percentile(paths, share),
      aim: share === 0.5 ? aim : null,
      baseline,
    });
    report({
      ...base,
      name: `submit to done of an empty job ${name}, ${mode} container`,
      figure: percentile(dones, share),
      aim: null,
      baseline,
    });
  }
  if (mode === 'fresh') await commandLine(up);
  await client.close();
}

const directory = await mkdtemp(join(tmpdir(), 'glidein-bench-'));
try {
  for (const mode of modes) {
    const lifetimes = { maxIdle: '10m', maxTail: '10m' };
    const runtime = mode === 'warm' ? { warm: {} } : {};
    const up = await GlideinUp.start(siteManifests({ cpus: 4, lifetimes, runtime }));
    try {
      await measure(up, mode, directory);
    } finally {
      await up.stop();
    }
  }
} finally {
  await rm(directory, { recursive: true, force: true });
}
