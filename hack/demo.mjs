import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { ensureApptainer } from './apptainer.mjs';
import { build } from './build.mjs';
import { glideinIn } from './demo/glidein.mjs';
import { startUp } from './demo/up.mjs';
import { ensureHelloImage } from './hello-image.mjs';
import { ensureInstalled } from './install.mjs';
import { Advice, createLog, die } from './progress.mjs';

/**
 * `npm run demo`: the whole way on this machine, starting with a fresh clone: a pool, waiting jobs, the pressure policy that
 * asks for pilots, pilots that run the jobs in real containers, results, and no pilot left at the end.
 *
 *   npm run demo -- [--jobs N] [--keep]
 *
 * --jobs  how many jobs, 4 by default
 * --keep  leave the pool running at the end, to try it out, until Ctrl-C
 */

const root = dirname(import.meta.dirname);
const example = join(root, 'examples/hello');
const mostJobs = 1000;
const jobsTimeoutMs = 120_000;

async function main() {
  const { jobs, keep } = readOptions();
  const log = createLog({ stream: process.stdout });
  const { node, env } = await ensureInstalled({ log });
  const apptainer = await ensureApptainer({ log });
  const image = await ensureHelloImage({ log });
  await log.step('building the programs', () =>
    build({ log: { ...log, step: (_title, work) => work(() => {}) } }),
  );
  const directory = await mkdtemp(join(tmpdir(), 'glidein-demo-'));
  const state = join(directory, 'state');
  const environment = {
    ...env,
    GLIDEIN_STATE: state,
    GLIDEIN_APPTAINER: apptainer.path,
    GLIDEIN_IMAGES: dirname(image.path),
  };
  const glidein = glideinIn({ node, program: join(root, 'dist/glidein.js'), env: environment, log });
  const up = await log.step('starting a pool from examples/hello', (waitFor) =>
    startUp({
      node,
      program: join(root, 'dist/glidein.js'),
      manifests: example,
      env: environment,
      state,
      waitFor,
      log,
    }),
  );
  try {
    const done = await runJobs({ glidein, log, jobs, directory });
    if (keep) await untilInterrupted(log, state);
    else await log.step('waiting for the idle pilots to leave', (waitFor) => untilNoPilots(glidein, waitFor));
    return { done, jobs };
  } finally {
    await log.step('ending the pool', () => up.stop());
    await rm(directory, { recursive: true, force: true });
  }
}

function readOptions() {
  const { values } = parseArgs({
    options: { jobs: { type: 'string', default: '4' }, keep: { type: 'boolean', default: false } },
  });
  const jobs = Number(values.jobs);
  if (!Number.isInteger(jobs) || jobs < 1 || jobs > mostJobs) {
    throw new Advice(`--jobs ${values.jobs} is not a number from 1 to ${mostJobs}.`);
  }
  return { jobs, keep: values.keep };
}

/** Submits, watches and collects. @returns how many jobs came back with the right answer */
async function runJobs({ glidein, log, jobs, directory }) {
  const text = (await readFile(join(example, 'hello.sub'), 'utf8')).replace(/^queue.*$/m, `queue ${jobs}`);
  await glidein.show(['submit', '-'], { input: text, cwd: example });
  await glidein.show(['q']);
  const seen = await log.step(`waiting for ${jobs} jobs to wait, match, run and end`, (waitFor) =>
    watchJobs(glidein, jobs, waitFor),
  );
  log.note('');
  log.note(`States of the queue: ${seen.join(' → ')}`);
  await glidein.show(['status']);
  await glidein.show(['history', '--limit', '10']);
  await glidein.show(['logs', '1.0']);
  await glidein.run(['fetch', '1', '--directory', directory]);
  return countAnswers(directory, jobs);
}

/** Polls until nothing waits or runs. @returns the states that the queue went through */
async function watchJobs(glidein, jobs, waitFor) {
  const deadline = performance.now() + jobsTimeoutMs;
  const seen = [];
  for (;;) {
    const queued = await glidein.json(['q']);
    const waiting = queued.filter(({ ad }) => ad.JobStatus === '1').length;
    const running = queued.filter(({ ad }) => ad.JobStatus === '2').length;
    const held = queued.find(({ ad }) => ad.JobStatus === '5');
    if (held !== undefined) throw new Advice(`Job ${held.id} is held: ${held.ad.HoldReason}.`);
    const state = `${waiting} waiting, ${running} running, ${jobs - queued.length} done`;
    if (seen.at(-1) !== state) seen.push(state);
    waitFor(state);
    if (queued.length === 0) return seen;
    if (performance.now() > deadline)
      throw new Advice(`The jobs did not end within ${jobsTimeoutMs / 1000} s: ${state}.`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function countAnswers(directory, jobs) {
  let done = 0;
  for (let proc = 0; proc < jobs; proc += 1) {
    const place = jobs === 1 ? directory : join(directory, `1.${proc}`);
    const answer = await readFile(join(place, 'answer.txt'), 'utf8').catch(() => '');
    if (answer.trim() === `Hello from the submitter, answered by job ${proc}`) done += 1;
  }
  return done;
}

async function untilNoPilots(glidein, waitFor) {
  for (;;) {
    const { pilots } = await glidein.json(['status']);
    if (pilots.length === 0) return;
    waitFor(`${pilots.length} left`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

async function untilInterrupted(log, state) {
  log.note('');
  log.note('The pool keeps running. Try, in this directory in another terminal:');
  log.note(`  export GLIDEIN_STATE=${state}`);
  log.note('  bin/glidein submit examples/hello/hello.sub');
  log.note('Ctrl-C here ends it.');
  await new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, resolve);
  });
}

main().then(({ done, jobs }) => {
  process.exitCode = done === jobs ? 0 : 1;
  console.log(`${done} of ${jobs} jobs completed`);
}, die);
