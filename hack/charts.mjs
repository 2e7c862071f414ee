import { readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { ensureBuilt } from './cluster/build.mjs';
import { kubernetesVersion } from './cluster/versions.mjs';
import { createLog } from './progress.mjs';
import { run } from './run-child.mjs';

const charts = join(dirname(import.meta.dirname), 'charts');
const helmTimeoutMs = 60_000;

/** The flags of `helm template` for the cluster of the tests: a Helm that was built without them takes a very old one. */
export const templateFlags = ['--kube-version', kubernetesVersion];

/** The folders of the charts, by name. */
export const chartFolders = { glidein: join(charts, 'glidein'), crds: join(charts, 'glidein-crds') };

/** Values of several kinds of sites, with which the chart `glidein` is tested, and those that sites are shown. */
export async function valueFiles() {
  const folders = [join(chartFolders.glidein, 'ci'), join(dirname(charts), 'examples', 'values')];
  const found = folders.map(async (folder) =>
    (await readdir(folder)).sort().map((name) => join(folder, name)),
  );
  return (await Promise.all(found)).flat();
}

/**
 * Runs Helm, and builds it first if needed.
 *
 * @param {readonly string[]} args
 * @param {NodeJS.ProcessEnv} [env]
 * @param {'helm' | 'helm3'} [version] Helm 4, or Helm 3
 * @returns {Promise<{ ok: boolean, stdout: string, output: string }>}
 */
export async function helm(args, env = process.env, version = 'helm') {
  const folders = await ensureBuilt([version], { log: createLog() });
  const done = await run(join(folders[version], 'helm'), args, { timeoutMs: helmTimeoutMs, env });
  return { ok: done.code === 0, stdout: done.stdout, output: done.output };
}

/** The path of kubectl, which is built first if needed. */
export async function kubectlFile() {
  const folders = await ensureBuilt(['kubernetes'], { log: createLog() });
  return join(folders.kubernetes, 'kubectl');
}

/**
 * The objects that a chart renders from values.
 *
 * @param {string} chart folder
 * @param {readonly string[]} [args] further arguments, such as `--values FILE`
 * @param {'helm' | 'helm3'} [version]
 * @returns {Promise<any[]>}
 * @throws {Error} with Helm's own words
 */
export async function renderChart(chart, args = [], version = 'helm') {
  const words = ['template', 'glidein', chart, '--namespace', 'glidein', ...templateFlags, ...args];
  const { ok, stdout, output } = await helm(words, process.env, version);
  if (!ok) throw new Error(output);
  return parseAllDocuments(stdout).flatMap((document) => {
    if (document.errors.length > 0) throw new Error(`${document.errors[0]}\n${stdout}`);
    return document.toJS() ?? [];
  });
}
