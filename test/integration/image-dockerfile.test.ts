import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { imageConfig, imageLabels } from '../../hack/image/settings.mjs';
import { itIsTheImage } from './image-contents.ts';
import { makeLocalBases } from './image-local-bases.ts';
import { type UnpackedImage, unpackImage } from './image-root.ts';

const execute = promisify(execFile);
const repository = join(import.meta.dirname, '../..');

async function whyNot(): Promise<string | undefined> {
  if (process.getuid?.() !== 0) return 'only root can build without an engine: run the tests as root';
  for (const command of ['buildah', 'mmdebstrap', 'npm']) {
    const found = await execute('sh', ['-c', `command -v ${command}`]).catch(() => undefined);
    if (found === undefined) return `${command} is missing`;
  }
  return undefined;
}

/**
 * Everything in one process, mount and IPC namespace, so that nothing stays mounted or running however this ends.
 * $1 is where buildah keeps its store, $2 and $3 the archives to start from, $4 the one to make; the rest are options.
 */
const build = `set -eu
store=$1 base=$2 builder=$3 archive=$4; shift 4
engine() { buildah --root "$store/root" --runroot "$store/run" "$@"; }
base=$(engine pull -q "oci-archive:$base")
builder=$(engine pull -q "oci-archive:$builder")
engine build --isolation chroot --layers=false --pull=never --build-arg "BASE=$base" --build-arg "BUILDER=$builder" \\
  -t localhost/glidein:test "$@" .
engine push -q --disable-compression localhost/glidein:test "oci-archive:$archive"
`;
const alone = [
  '--mount',
  '--pid',
  '--ipc',
  '--fork',
  '--kill-child',
  '--mount-proc',
  'sh',
  '-c',
  build,
  'build',
];

const missing = await whyNot();

describe.skipIf(missing !== undefined)(`the image of the Dockerfile${missing ? ` (${missing})` : ''}`, () => {
  let work: string;
  let image: UnpackedImage;

  beforeAll(async () => {
    work = await mkdtemp(join(tmpdir(), 'glidein-dockerfile-'));
    await chmod(work, 0o755);
    const { base, builder, mounts } = await makeLocalBases(work);
    const archive = join(work, 'image.tar');
    const options = [
      ...mounts.flatMap((mount) => ['--volume', mount]),
      ...['VERSION=1.2.3', 'REVISION=test'].flatMap((argument) => ['--build-arg', argument]),
    ];
    await execute('unshare', [...alone, join(work, 'store'), base, builder, archive, ...options], {
      cwd: repository,
      timeout: 240_000,
      killSignal: 'SIGKILL',
      maxBuffer: 16 * 1024 * 1024,
    });
    await mkdir(join(work, 'image'));
    image = await unpackImage(archive, join(work, 'image'));
  });
  afterAll(() => rm(work, { recursive: true, force: true }));

  itIsTheImage(() => image);

  it('has the same start command and labels as the other image', () => {
    const labels = imageLabels({ version: '1.2.3', revision: 'test' });
    // An engine adds its own labels.
    expect(image.config).toMatchObject(imageConfig(labels));
  });

  it('contains no settings of the machine that built it', async () => {
    const hidden = await readFile(join(image.root, 'root/.npmrc'), 'utf8').catch(() => '');
    expect(hidden).toBe('');
  });
});
