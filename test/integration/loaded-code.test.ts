import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';

/** What a command loads before it answers. How fast it starts depends on the machine; what it loads does not. */

const root = resolve(import.meta.dirname, '../..');
let home: string;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'glidein-loaded-'));
});
afterAll(() => rm(home, { recursive: true, force: true }));

/** What a process of Node with these arguments prints to its error stream, without code that an earlier one has compiled. */
async function errorsOf(args: readonly string[]): Promise<string> {
  const child = spawn(process.execPath, args, {
    cwd: root,
    env: { HOME: home, NODE_DISABLE_COMPILE_CACHE: '1' },
  });
  let err = '';
  child.stderr.on('data', (chunk) => {
    err += chunk;
  });
  child.stdout.resume();
  await new Promise((done) => child.once('close', done));
  return err;
}

/** The sources in the bundles that a command loads, from their source maps; for packages, `node_modules/NAME/…`. */
async function loaded(...words: string[]): Promise<string[]> {
  const watch = `import module from 'node:module';
    module.registerHooks({ load(url, context, next) { console.error('loads ' + url); return next(url, context); } });`;
  const args = ['--import', `data:text/javascript,${encodeURIComponent(watch)}`, 'dist/glidein.js', ...words];
  const err = await errorsOf(args);
  const files = [...err.matchAll(/^loads file:\/\/(\S+\.js)$/gm)].map(([, file = '']) => file);
  const bundles = files.filter(
    (file) => dirname(file) === join(root, 'dist') && file !== join(root, 'dist/glidein.js'),
  );
  expect(bundles).not.toEqual([]);
  const maps = await Promise.all(bundles.map((file) => readFile(`${file}.map`, 'utf8')));
  return maps.flatMap((map) => JSON.parse(map).sources as string[]);
}

/** The sources in what a bundle loads before it does anything. */
async function sourcesOf(bundle: string, seen = new Set<string>()): Promise<string[]> {
  if (seen.has(bundle)) return [];
  seen.add(bundle);
  const file = join(root, 'dist', bundle);
  const [text, map] = await Promise.all([readFile(file, 'utf8'), readFile(`${file}.map`, 'utf8')]);
  const imports = [...text.matchAll(/\b(?:import|from) ?"\.\/([\w.-]+\.js)"/g)];
  const below = await Promise.all(imports.map(([, name = '']) => sourcesOf(name, seen)));
  return [...(JSON.parse(map).sources as string[]), ...below.flat()];
}

const has = (sources: readonly string[], part: string) => sources.some((source) => source.includes(part));

it('glidein --version loads no package but commander, and no command', async () => {
  const sources = await loaded('--version');
  const packages = sources.map((source) => /node_modules\/([^/]+)/.exec(source)?.[1]).filter(Boolean);
  expect(new Set(packages)).toEqual(new Set(['commander']));
  expect(has(sources, 'src/cli/commands/')).toBe(false);
});

it('glidein q loads one command, and neither YAML, zod’s languages, all of undici, nor the code for Kubernetes', async () => {
  const sources = await loaded('q');
  expect(has(sources, 'src/cli/commands/q.ts')).toBe(true);
  for (const absent of [
    'src/cli/commands/submit.ts',
    'src/pool/',
    'src/kube/',
    '@kubernetes/',
    'node_modules/yaml/',
    'zod/v4/locales/de.js',
    'undici/lib/web/fetch/index.js',
    'undici/lib/mock/',
  ]) {
    expect([absent, has(sources, absent)]).toEqual([absent, false]);
  }
});

it('a pilot loads what makes spans only when it makes some', async () => {
  const sources = await sourcesOf('pilot.main.js');
  expect(has(sources, 'src/telemetry/tracing.ts')).toBe(true);
  // It comes in a chunk that the bundle shares with others.
  expect(has(sources, 'src/telemetry/logger.ts')).toBe(true);
  for (const absent of ['@opentelemetry/', 'prom-client/', 'src/telemetry/otlp-tracing.ts'])
    expect([absent, has(sources, absent)]).toEqual([absent, false]);
});

it('a pilot does not load what reading each export of a module of Node would load', async () => {
  const list = `process.on('exit', () => console.error(process.moduleLoadList.join('\\n')));`;
  const args = ['--import', `data:text/javascript,${encodeURIComponent(list)}`, 'dist/pilot.js', '--help'];
  const err = await errorsOf(args);
  const modules = err.split('\n');
  expect(modules).toContain('NativeModule child_process');
  for (const absent of [
    'internal/process/report',
    'internal/process/finalization',
    'internal/deps/undici/undici',
  ])
    expect(modules).not.toContain(`NativeModule ${absent}`);
});
