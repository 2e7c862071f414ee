import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { Advice } from './progress.mjs';
import { run } from './run-child.mjs';

/**
 * Downloads Debian packages of any suite into a folder, without root and without touching the machine's own apt state:
 * apt gets a state, cache and source list of its own, and the machine's mirror, keyrings and proxy settings.
 */

/** Long enough for a 25 MB download over a slow line; with a dead mirror, apt's own time-outs end it earlier. */
const aptTimeoutMs = 10 * 60_000;

/**
 * @typedef {object} Source one entry of the machine's apt sources
 * @property {string} uri
 * @property {string} suite
 * @property {readonly string[]} components
 * @property {Record<string, string>} options `Signed-By` and `Trusted`, where given
 */

/**
 * The mirrors that serve Debian's main archive to this machine, the likeliest first.
 *
 * @param {{ etc?: string }} [options]
 * @returns {Promise<Source[]>}
 */
export async function debianMirrors({ etc = '/etc' } = {}) {
  const suites = await debianSuites(etc);
  const found = [];
  for (const file of await sourceFiles(join(etc, 'apt'))) {
    const text = await readFile(file, 'utf8');
    found.push(...(file.endsWith('.sources') ? deb822Sources(text) : oneLineSources(text)));
  }
  const mirrors = found.filter(({ suite, components }) => suites.has(suite) && components.includes('main'));
  // Third parties also name their suites after Debian's releases, but they rarely call their folder "debian".
  const isArchive = ({ uri }) => /\/debian\/?$/.test(uri);
  return [...mirrors.filter(isArchive), ...mirrors.filter((source) => !isArchive(source))];
}

async function debianSuites(etc) {
  const release = await readFile(join(etc, 'os-release'), 'utf8').catch(() => '');
  const value = (key) => new RegExp(`^${key}="?([^"\n]*)"?$`, 'm').exec(release)?.[1];
  if (value('ID') !== 'debian') return new Set();
  return new Set([value('VERSION_CODENAME'), 'oldstable', 'stable', 'testing', 'unstable', 'sid']);
}

async function sourceFiles(apt) {
  const parts = join(apt, 'sources.list.d');
  const names = await readdir(parts).catch(() => []);
  const files = names.filter((name) => /\.(list|sources)$/.test(name)).map((name) => join(parts, name));
  return [join(apt, 'sources.list'), ...files.sort()].filter((file) => existsSync(file));
}

/**
 * `deb [option=value …] URI SUITE COMPONENT…` (sources.list(5), one-line style).
 *
 * @param {string} text
 * @returns {Source[]}
 */
function oneLineSources(text) {
  return text.split('\n').flatMap((line) => {
    const match = /^\s*deb\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)\s*([^#]*)/.exec(line);
    if (match === null) return [];
    const [, given = '', uri, suite, components] = match;
    const pairs = given.split(/\s+/).map((pair) => pair.split('='));
    const options = Object.fromEntries(
      pairs.flatMap(([key, value = '']) => {
        if (key === 'signed-by') return [['Signed-By', value.replaceAll(',', ' ')]];
        return key === 'trusted' ? [['Trusted', value]] : [];
      }),
    );
    return [{ uri, suite, components: components.trim().split(/\s+/), options }];
  });
}

/**
 * Stanzas of `Key: value` with continuation lines (sources.list(5), deb822 style).
 *
 * @param {string} text
 * @returns {Source[]}
 */
function deb822Sources(text) {
  const withoutComments = text.replace(/^#.*\n?/gm, '');
  return withoutComments.split(/\n\s*\n/).flatMap((stanza) => {
    const fields = new Map(
      [...stanza.matchAll(/^([\w-]+):((?:.*)(?:\n[ \t].*)*)/gm)].map(([, key, value]) => [
        key.toLowerCase(),
        value.trim(),
      ]),
    );
    const words = (key) => (fields.get(key) ?? '').split(/\s+/).filter((word) => word !== '');
    if (!words('types').includes('deb') || /^(no|false|0|off)$/i.test(fields.get('enabled') ?? 'yes'))
      return [];
    const options = Object.fromEntries(
      ['Signed-By', 'Trusted'].flatMap((key) => {
        const value = fields.get(key.toLowerCase());
        return value === undefined ? [] : [[key, value]];
      }),
    );
    return words('uris').flatMap((uri) =>
      words('suites').map((suite) => ({ uri, suite, components: words('components'), options })),
    );
  });
}

/**
 * Downloads packages and unpacks them into one tree each suite.
 *
 * @param {object} request
 * @param {string} request.work an empty folder that the caller removes
 * @param {readonly { suite: 'sid' | 'own', names: readonly string[], into: string }[]} request.sets
 *   `own` is the release that the machine runs
 * @param {(what: string) => void} request.waitFor
 * @returns {Promise<string[]>} the names of the package files, `NAME_VERSION_ARCH.deb`
 */
export async function fetchPackages({ work, sets, waitFor }) {
  const mirrors = await debianMirrors();
  if (mirrors.length === 0) {
    throw new Advice('No Debian mirror is among the apt sources of this machine.');
  }
  const failures = [];
  for (const mirror of mirrors) {
    const answer = await fetchFrom(mirror, { work, sets, waitFor });
    if (answer.failure === undefined) return answer.files;
    failures.push(answer.failure);
  }
  throw new Advice(failures[0]);
}

/** @returns {Promise<{ files: string[], failure?: string }>} what came, or why this mirror could not serve it */
async function fetchFrom(mirror, { work, sets, waitFor }) {
  const suiteOf = ({ suite }) => (suite === 'own' ? mirror.suite : suite);
  const config = await ownAptState(work, mirror, [...new Set(sets.map(suiteOf))]);
  const apt = (args, cwd) =>
    run('apt-get', ['-c', config, ...args], {
      timeoutMs: aptTimeoutMs,
      cwd,
      onLine: (line) => {
        const [, what] = /^Get:\d+ \S+ (.*)$/.exec(line) ?? [];
        if (what !== undefined) waitFor(what);
      },
    });
  waitFor('the package index');
  const updated = await apt(['update'], work);
  const files = [];
  if (updated.code !== 0) {
    return { files, failure: `The Debian mirror ${hostOf(mirror)} did not answer: ${lastError(updated)}.` };
  }
  for (const set of sets) {
    const debs = join(work, `debs-${basename(set.into)}`);
    await mkdir(debs, { recursive: true });
    const got = await apt(['download', ...set.names.map((name) => `${name}/${suiteOf(set)}`)], debs);
    if (got.code !== 0)
      return { files, failure: `Cannot download ${set.names.join(', ')}: ${lastError(got)}.` };
    files.push(...(await unpack(debs, set.into, waitFor)));
  }
  return { files };
}

async function unpack(debs, into, waitFor) {
  await mkdir(into, { recursive: true });
  const names = await readdir(debs);
  for (const name of names) {
    waitFor(`unpacking ${name.split('_')[0]}`);
    const done = await run('dpkg-deb', ['-x', join(debs, name), into], { timeoutMs: 120_000 });
    if (done.code !== 0) throw new Advice(`Could not unpack ${name}: ${lastError(done)}`);
    await rm(join(debs, name));
  }
  return names;
}

async function ownAptState(work, mirror, suites) {
  const sources = join(work, 'mirror.sources');
  const config = join(work, 'apt.conf');
  const options = Object.entries(mirror.options).map(([key, value]) => `${key}: ${value}`);
  const stanza = [
    'Types: deb',
    `URIs: ${mirror.uri}`,
    `Suites: ${suites.join(' ')}`,
    'Components: main',
    ...options,
  ];
  await writeFile(sources, `${stanza.join('\n')}\n`);
  await mkdir(join(work, 'lists/partial'), { recursive: true });
  await mkdir(join(work, 'archives/partial'), { recursive: true });
  await writeFile(join(work, 'status'), '');
  await writeFile(config, aptConfig(work, sources));
  return config;
}

/** The hooks are cleared because they clean the machine's own cache, which an ordinary user may not. */
const aptConfig = (work, sources) => `Dir::State "${work}";
Dir::State::lists "${work}/lists";
Dir::State::status "${work}/status";
Dir::Cache "${work}";
Dir::Etc::sourcelist "${sources}";
Dir::Etc::sourceparts "/dev/null";
APT::Sandbox::User "";
APT::Update::Error-Mode "any";
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
#clear DPkg::Post-Invoke;
#clear Acquire::IndexTargets::deb::DEP-11;
#clear Acquire::IndexTargets::deb::DEP-11-icons;
#clear Acquire::IndexTargets::deb::DEP-11-icons-small;
#clear Acquire::IndexTargets::deb::DEP-11-icons-large;
#clear Acquire::IndexTargets::deb::CNF;
Acquire::Languages "none";
Acquire::Retries "3";
Acquire::http::Timeout "30";
Acquire::https::Timeout "30";
// Some mirrors refresh sid's Release file less often than it promises.
Acquire::Check-Valid-Until "false";
`;

const hostOf = ({ uri }) => {
  const url = URL.canParse(uri) ? new URL(uri) : undefined;
  return url?.host || uri;
};

/** Why a command failed, as it said itself, on one line, without the credentials that a proxy's address may contain. */
export function lastError({ output, timedOut }) {
  if (timedOut) return 'it took too long';
  const lines = stripVTControlCharacters(output)
    .split('\n')
    .filter((line) => line.trim() !== '');
  const fetching = lines.map((line) => /^[EW]: Failed to fetch \S+\s+(.+)$/.exec(line)?.[1]).find(Boolean);
  const marked = lines.filter((text) => /^(E|ERROR|FATAL)\s*:/.test(text)).at(-1);
  const line = fetching ?? marked ?? lines.at(-1) ?? 'no message';
  return line.replace(/\/\/[^/@\s]*@/g, '//').replace(/[\s.]+$/, '');
}
