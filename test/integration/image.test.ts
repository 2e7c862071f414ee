import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { itIsTheImage } from './image-contents.ts';
import { type UnpackedImage, unpackImage } from './image-root.ts';

const execute = promisify(execFile);
const repository = join(import.meta.dirname, '../..');
const missing = existsSync('/usr/bin/dpkg-deb')
  ? undefined
  : 'the image is made of Debian packages, by dpkg-deb';

describe.skipIf(missing !== undefined)(`the image without an engine${missing ? ` (${missing})` : ''}`, () => {
  let work: string;
  let image: Awaited<ReturnType<typeof build>>;

  /** Runs `npm run image` with the given umask, and unpacks the result into the folder `name`. */
  async function build(name: string, environment: Record<string, string> = {}, umask = '022') {
    const folder = join(work, name);
    const archive = join(work, `${name}.tar`);
    await mkdir(folder);
    const script = `umask ${umask}; exec "$0" hack/image.mjs --output "$1"`;
    const env = { ...process.env, ...environment };
    const { stdout } = await execute('sh', ['-c', script, process.execPath, archive], {
      cwd: repository,
      env,
    });
    const unpacked = await unpackImage(archive, folder);
    return { stdout, ...unpacked };
  }

  beforeAll(async () => {
    work = await mkdtemp(join(tmpdir(), 'glidein-image-test-'));
    // User 1000 must be able to enter.
    await chmod(work, 0o755);
    image = await build('first');
  });
  afterAll(() => rm(work, { recursive: true, force: true }));

  itIsTheImage(() => image);

  it('is small enough, and otherwise the failure says what is large', async () => {
    const { stdout } = await execute('du', ['-s', '-B1', image.root]);
    expect(Number.parseInt(stdout, 10)).toBeLessThan(300e6);
    expect(image.stdout).toMatch(/MB {2}\/usr\/bin\/node\n.*MB {2}\/usr\/bin\/apptainer\n/);
    expect(image.stdout).toMatch(/glidein\.dev\/glidein:dev sha256:[0-9a-f]{64}\n$/);
  });

  it('lists its packages for scanners', async () => {
    const status = await readFile(join(image.root, 'var/lib/dpkg/status'), 'utf8');
    const versions = new Map(
      [...status.matchAll(/^Package: (.*)\nStatus: install ok installed\n(?:.*\n)*?Version: (.*)$/gm)].map(
        ([, name, version]) => [name, version],
      ),
    );
    expect([...versions.keys()]).toEqual(expect.arrayContaining(['apptainer', 'libc6', 'libseccomp2']));
    expect(versions.get('apptainer')).toBe(image.config.Labels['dev.glidein.apptainer']);
  });

  it('has the same layers whenever it is built from the same sources, whatever the umask and the cache', async () => {
    const fresh = await build('fresh', { XDG_CACHE_HOME: join(work, 'cache-1') }, '077');
    const packagesOf = ({ root }: UnpackedImage) => readFile(join(root, 'var/lib/dpkg/status'), 'utf8');
    // The cached base may contain older packages than the mirror has now.
    const isSame = (await packagesOf(fresh)) === (await packagesOf(image));
    const other = isSame ? image : await build('fresher', { XDG_CACHE_HOME: join(work, 'cache-2') });
    expect(fresh.layers).toEqual(other.layers);
    expect(fresh.layers[1]).toBe(image.layers[1]);
  });
});
