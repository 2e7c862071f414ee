import { execFile } from 'node:child_process';
import { cp, mkdir, readFile, realpath, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { writeOciArchive } from '../../hack/cluster/oci-archive.mjs';

const execute = promisify(execFile);

export interface LocalBases {
  /** OCI archive of a small Debian sid with apt. */
  readonly base: string;
  /** OCI archive of the same with Node and npm. */
  readonly builder: string;
  /** Files of this machine that a build needs to reach its package sources, as `FILE:PLACE:ro`. */
  readonly mounts: readonly string[];
}

/**
 * Makes the images that the Dockerfile starts from, which a registry would otherwise provide. The packages come from
 * where this machine's apt gets them.
 */
export async function makeLocalBases(work: string): Promise<LocalBases> {
  const settings = join(work, 'apt.conf');
  await writeFile(settings, await aptSettings());
  const debian = join(work, 'debian.tar');
  const options = ['--quiet', '--mode=root', '--variant=apt', `--aptopt=${settings}`];
  await execute('mmdebstrap', [...options, 'sid', debian, await debianMirror()], { timeout: 240_000 });
  const node = await nodeTree(join(work, 'node'));
  const base = join(work, 'base.tar');
  const builder = join(work, 'builder.tar');
  await writeOciArchive({ file: base, name: 'localhost/base:test', layers: [{ tar: debian }] });
  await writeOciArchive({
    file: builder,
    name: 'localhost/builder:test',
    layers: [{ tar: debian }, { folder: node }],
    config: { Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'] },
  });
  return { base, builder, mounts: await npmSettings(work) };
}

/** How apt reaches its sources; the sid index of some mirrors has expired. */
async function aptSettings(): Promise<string> {
  const { stdout } = await execute('apt-config', ['dump', 'Acquire']);
  const reach = stdout
    .split('\n')
    .filter((line) => /^Acquire::(https?|Retries|Check-Date)\b.*".+"/i.test(line));
  return `${reach.join('\n')}\nAcquire::Check-Valid-Until "false";\n`;
}

async function debianMirror(): Promise<string> {
  const release = /^VERSION_CODENAME=(.*)$/m.exec(await readFile('/etc/os-release', 'utf8'))?.[1];
  const { stdout } = await execute('apt-get', [
    'indextargets',
    '--format',
    '$(RELEASE) $(REPO_URI)',
    'Created-By: Packages',
  ]);
  const entries = stdout.split('\n').map((line) => line.split(' '));
  const main = entries.filter(([suite]) => suite === release).map(([, uri = '']) => uri);
  const mirror = main.find((uri) => /\/debian\/?$/.test(uri)) ?? main[0];
  if (mirror === undefined) throw new Error('apt on this machine has no source of Debian');
  return mirror;
}

/** The Node that runs this, and the npm of this machine, arranged as in an image of Node. */
async function nodeTree(tree: string): Promise<string> {
  const { stdout } = await execute('sh', ['-c', 'command -v npm']);
  const cli = await realpath(stdout.trim());
  const modules = join(tree, 'usr/local/lib/node_modules');
  await mkdir(modules, { recursive: true });
  await mkdir(join(tree, 'usr/local/bin'));
  await cp(dirname(dirname(cli)), join(modules, 'npm'), { recursive: true, verbatimSymlinks: true });
  await cp(await realpath(process.execPath), join(tree, 'usr/local/bin/node'));
  await symlink('../lib/node_modules/npm/bin/npm-cli.js', join(tree, 'usr/local/bin/npm'));
  return tree;
}

/** npm's settings of this user and machine, with the certificates where no package writes. */
async function npmSettings(work: string): Promise<string[]> {
  const get = async (key: string) =>
    (await execute('npm', ['config', 'get', key], { cwd: '/' })).stdout.trim();
  const texts = await Promise.all(
    [await get('globalconfig'), await get('userconfig')].map((file) =>
      readFile(file, 'utf8').catch(() => ''),
    ),
  );
  const certificates = await get('cafile');
  const has = certificates !== '' && certificates !== 'null';
  const place = '/run/npm/certificates.pem';
  const settings = join(work, 'npmrc');
  const lines = [...texts, `registry=${await get('registry')}`, ...(has ? [`cafile=${place}`] : [])];
  await writeFile(settings, `${lines.join('\n')}\n`, { mode: 0o600 });
  return [`${settings}:/root/.npmrc:ro`, ...(has ? [`${certificates}:${place}:ro`] : [])];
}
