import { dirname } from 'node:path';
import { ensureApptainer } from './apptainer.mjs';
import { build } from './build.mjs';
import { ensureBuilt } from './cluster/build.mjs';
import { nodeParts } from './cluster/parts.mjs';
import { prometheusEnvironment, promtoolEnvironment, registryEnvironment } from './debian-programs.mjs';
import { effectsNotShown, readEffectRows } from './effect-rows.mjs';
import { ensureHelloImage } from './hello-image.mjs';
import { htcondorEnvironment } from './htcondor.mjs';
import { ensureInstalled } from './install.mjs';
import { otlpEnvironment } from './otlp-receiver.mjs';
import { ensurePrerequisites } from './prerequisites.mjs';
import { Advice, createLog, die } from './progress.mjs';
import { withTemporaryFolder } from './temporary-folder.mjs';
import { runChecks } from './test-checks.mjs';
import { projects, runProject } from './test-projects.mjs';
import { tritonEnvironment } from './triton.mjs';

/**
 * `npm test`: from a fresh clone to a count of what passed. Everything that tests need is downloaded or made first. What is
 * impossible on this machine is reported, and the tests that need it are skipped with that reason.
 *
 *   node hack/test.mjs [static|unit|differential|integration|e2e|cluster]...      all of them by default
 *
 * Tests find in their environment:
 *   GLIDEIN_TEST_APPTAINER          path of an Apptainer that has run a container, or
 *   GLIDEIN_TEST_NO_APPTAINER       a sentence that says why there is none
 *   GLIDEIN_TEST_IMAGES             folder with the images `hello` and `bench`
 *   GLIDEIN_TEST_HTCONDOR           root directory with the real HTCondor, or
 *   GLIDEIN_TEST_NO_HTCONDOR        a sentence that says why there is none
 *   GLIDEIN_TEST_REGISTRY           path of a docker-registry, or
 *   GLIDEIN_TEST_NO_REGISTRY        a sentence that says why there is none
 *   GLIDEIN_TEST_PROMTOOL           path of a promtool, or
 *   GLIDEIN_TEST_NO_PROMTOOL        a sentence that says why there is none
 *   GLIDEIN_TEST_OTLP               path of a receiver of OpenTelemetry's spans, or
 *   GLIDEIN_TEST_NO_OTLP            a sentence that says why there is none
 *   GLIDEIN_TEST_PROMETHEUS         path of a prometheus, or
 *   GLIDEIN_TEST_NO_PROMETHEUS      a sentence that says why there is none
 *   GLIDEIN_TEST_NO_TRITON          a sentence that says why there is no image `triton` in that folder
 *   GLIDEIN_TEST_MISSING            commands that are missing, comma-separated
 */

const allParts = ['static', ...Object.keys(projects)];

/** In their order. Parts of one line run at the same time: whole nodes leave a core idle for half of theirs. */
const turns = [['static'], ['unit'], ['differential'], ['integration'], ['e2e', 'cluster']];

/** What tests find in their environment, by part. */
const provisions = {
  static: [],
  unit: [testEnvironment],
  differential: [testEnvironment, htcondorEnvironment, registryEnvironment],
  integration: [testEnvironment, promtoolEnvironment, otlpEnvironment],
  e2e: [testEnvironment, registryEnvironment, otlpEnvironment, tritonEnvironment],
  cluster: [testEnvironment, registryEnvironment, prometheusEnvironment, otlpEnvironment],
};

async function main(args) {
  const unknown = args.filter((arg) => !allParts.includes(arg));
  if (unknown.length > 0) throw new Advice(`There is no part ${unknown[0]}. Parts: ${allParts.join(', ')}.`);
  const parts = args.length === 0 ? allParts : allParts.filter((part) => args.includes(part));
  const log = createLog({ stream: process.stdout });
  const { node, env } = await ensureInstalled({ log });
  for (const provide of new Set(parts.flatMap((part) => provisions[part])))
    Object.assign(env, await provide(log));
  const outcomes = [];
  if (parts.some((part) => part !== 'unit' && part !== 'differential'))
    outcomes.push(await buildOutcome(log));
  outcomes.push(...(await clusterOutcomes(parts, log)));
  // Tests start some hundred processes from the sources: each in half the time once V8 keeps what it compiled for the first.
  await withTemporaryFolder('glidein-compiled', async (compiled) => {
    env.NODE_COMPILE_CACHE = compiled;
    const run = (part) =>
      part === 'static' ? runChecks({ node, env, log }) : runProject(part, { node, env, log });
    for (const turn of turns) {
      const ran = await Promise.all(turn.filter((part) => parts.includes(part)).map(run));
      outcomes.push(...ran.flat());
    }
  });
  return [...outcomes, ...effectOutcomes(parts, outcomes)];
}

/** Whether every test in the table of effects has passed, as far as its part was run. */
function effectOutcomes(parts, outcomes) {
  const folders = parts.flatMap((part) => projects[part]?.folder ?? []);
  if (folders.length === 0) return [];
  const name = 'every effect was shown';
  const complaints = effectsNotShown(readEffectRows(), folders, outcomes);
  if (complaints.length === 0) return [{ name, state: 'passed' }];
  return complaints.map((detail) => ({ name, state: 'failed', detail }));
}

async function testEnvironment(log) {
  const { missing } = await ensurePrerequisites({ log });
  for (const { sentence } of missing) log.note(`      ${sentence}`);
  const found = { GLIDEIN_TEST_MISSING: missing.map(({ command }) => command).join(',') };
  try {
    const apptainer = await ensureApptainer({ log });
    const { path } = await ensureHelloImage({ log });
    await ensureHelloImage({ log, variant: 'bench' });
    return { ...found, GLIDEIN_TEST_APPTAINER: apptainer.path, GLIDEIN_TEST_IMAGES: dirname(path) };
  } catch (error) {
    if (!(error instanceof Advice)) throw error;
    log.note(`      ${error.message}`);
    return { ...found, GLIDEIN_TEST_NO_APPTAINER: error.message };
  }
}

/** The programs of the test cluster that the parts need. A whole node needs root; otherwise its tests are skipped. */
const clusterNeeds = {
  static: ['helm', 'helm3', 'actionlint'],
  unit: [],
  differential: [],
  integration: ['kubernetes', 'helm'],
  e2e: [],
  cluster: process.getuid?.() === 0 ? nodeParts : [],
};

/** Builds Kubernetes before the tests that need it, because it takes longer than any test may. */
async function clusterOutcomes(parts, log) {
  const needed = [...new Set(parts.flatMap((part) => clusterNeeds[part]))];
  if (needed.length === 0) return [];
  const name = 'programs of the test cluster';
  try {
    await ensureBuilt(needed, { log });
    return [{ name, state: 'passed' }];
  } catch (error) {
    if (!(error instanceof Advice)) throw error;
    return [{ name, state: 'failed', detail: error.message }];
  }
}

async function buildOutcome(log) {
  const name = 'bundles';
  try {
    await build({ log });
    return { name, state: 'passed' };
  } catch (error) {
    log.note(error.message);
    return { name, state: 'failed', detail: error.message.split('\n')[0] };
  }
}

/** The last line is read by machines and must have exactly this form. */
function report(outcomes) {
  const of = (state) => outcomes.filter((outcome) => outcome.state === state);
  for (const [title, state] of [
    ['Skipped', 'skipped'],
    ['Failed', 'failed'],
  ]) {
    if (of(state).length > 0) console.log(`\n${title}:`);
    for (const { name, detail } of of(state)) console.log(`  ${name}${detail ? `: ${detail}` : ''}`);
  }
  const counts = ['passed', 'failed', 'skipped'].map((state) => `${of(state).length} ${state}`);
  console.log(`\n${counts.join(', ')}`);
  if (of('failed').length > 0) process.exitCode = 1;
}

try {
  report(await main(process.argv.slice(2)));
} catch (error) {
  // A reader of the last line alone must not take this for success.
  die(error);
  console.log('\n0 passed, 1 failed, 0 skipped');
}
