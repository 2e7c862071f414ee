import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { StartConfig } from '../../hack/image/settings.mjs';

const execute = promisify(execFile);
const listBytes = 64 * 1024 * 1024;

/** An OCI archive, unpacked. */
export interface UnpackedImage {
  /** The root of its file system. */
  readonly root: string;
  readonly config: StartConfig;
  /** Digests of the content of the layers, from the bottom up. */
  readonly layers: readonly string[];
}

interface Manifest {
  readonly config: { readonly digest: string };
  readonly layers: readonly { readonly digest: string }[];
}

/** Unpacks the archive into `directory`, which must exist and be empty. */
export async function unpackImage(archive: string, directory: string): Promise<UnpackedImage> {
  const layout = await mkdtemp(join(directory, 'layout-'));
  const root = join(directory, 'root');
  await mkdir(root);
  await execute('tar', ['-xf', archive, '-C', layout]);
  const blob = (digest: string) => join(layout, 'blobs', ...digest.split(':'));
  const json = async (path: string) => JSON.parse(await readFile(path, 'utf8'));
  const index: { manifests: { digest: string }[] } = await json(join(layout, 'index.json'));
  const [entry] = index.manifests;
  if (entry === undefined) throw new Error(`${archive} holds no image`);
  const manifest: Manifest = await json(blob(entry.digest));
  for (const { digest } of manifest.layers) await unpackLayer(blob(digest), root);
  const configuration: { config: StartConfig; rootfs: { diff_ids: string[] } } = await json(
    blob(manifest.config.digest),
  );
  await rm(layout, { recursive: true });
  return { root, config: configuration.config, layers: configuration.rootfs.diff_ids };
}

/** `.wh.NAME` removes NAME of the layers below, and `.wh..wh..opq` everything in its directory (image-spec, "Whiteouts"). */
async function unpackLayer(layer: string, root: string): Promise<void> {
  const { stdout } = await execute('tar', ['-tf', layer], { maxBuffer: listBytes });
  for (const path of stdout.split('\n').filter((line) => basename(line).startsWith('.wh.'))) {
    const folder = join(root, dirname(path));
    const gone =
      basename(path) === '.wh..wh..opq'
        ? await readdir(folder).catch(() => [])
        : [basename(path).slice('.wh.'.length)];
    for (const name of gone) await rm(join(folder, name), { recursive: true, force: true });
  }
  await execute('tar', ['-xpf', layer, '-C', root, '--numeric-owner', '--exclude=.wh.*']);
}

/**
 * Makes `$1` the root, read-only, with writable /tmp and home, and becomes user 1000 without any capability, as a
 * pod's securityContext asks for. The tree is moved over the old root first, because in a mere chroot the kernel refuses user
 * namespaces.
 */
const enter = `set -eu
root=$1; shift
mount --make-rprivate /
mount --bind "$root" "$root"
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
mount -t tmpfs -o mode=1777 tmpfs "$root/home/glidein"
mount -o remount,bind,ro,nosuid,nodev "$root"
cd "$root"
mount -n --move . /
`;
const isRoot = process.getuid?.() === 0;
const become = isRoot
  ? '/usr/bin/setpriv --reuid 1000 --regid 1000 --clear-groups --inh-caps=-all --bounding-set=-all --no-new-privs'
  : '/usr/bin/unshare --user --map-user=1000 --map-group=1000 /usr/bin/setpriv --no-new-privs';

const namespaces = [
  ...(isRoot ? [] : ['--user', '--map-root-user']),
  '--mount',
  '--pid',
  '--ipc',
  '--uts',
  '--fork',
  '--kill-child',
];

/** Why commands cannot be run in an image here. Undefined: they can. */
export function missingNamespaces(): Promise<string | undefined> {
  return execute('unshare', [...namespaces, 'true']).then(
    () => undefined,
    (error: { stderr?: string }) => error.stderr?.trim() || 'unshare does not work here',
  );
}

export interface Ended {
  /** -1 if a signal or the time limit of a minute ended it. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command in the image as the image's configuration says: through its entrypoint, with its environment. */
export function runInside(
  { root, config }: Pick<UnpackedImage, 'root' | 'config'>,
  command: readonly string[],
): Promise<Ended> {
  const script = `${enter}exec chroot . env -i ${config.Env.join(' ')} ${become} "$@"`;
  const args = [...namespaces, 'sh', '-c', script, 'enter', root, ...config.Entrypoint, ...command];
  return new Promise((resolve) => {
    execFile('unshare', args, { timeout: 60_000, killSignal: 'SIGKILL' }, (error, stdout, stderr) => {
      resolve({ code: codeOf(error), stdout, stderr });
    });
  });
}

function codeOf(error: { code?: unknown } | null): number {
  if (error === null) return 0;
  return typeof error.code === 'number' ? error.code : -1;
}
