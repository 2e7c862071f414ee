import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/** What an OCI image configuration says about starting a container, as far as tests read it. */
export interface StartConfig {
  readonly User: string;
  readonly Env: readonly string[];
  readonly Entrypoint: readonly string[];
  readonly Cmd: readonly string[];
  readonly WorkingDir: string;
  readonly Labels: Readonly<Record<string, string>>;
}

/** An OCI archive, unpacked. */
export interface UnpackedImage {
  /** The root of its file system. */
  readonly root: string;
  readonly config: StartConfig;
  /** Digests of what the layers hold, from the bottom. */
  readonly layers: readonly string[];
}

/** Unpacks the archive below `directory`, which must exist. Files that layers delete are not looked at. */
export async function unpackImage(archive: string, directory: string): Promise<UnpackedImage> {
  const layout = await mkdtemp(join(directory, 'layout-'));
  const root = join(directory, 'root');
  await mkdir(root);
  await execute('tar', ['-xf', archive, '-C', layout]);
  const blob = (digest: string) => join(layout, 'blobs', ...digest.split(':'));
  const json = async (path: string) => JSON.parse(await readFile(path, 'utf8'));
  const index: { manifests: { digest: string }[] } = await json(join(layout, 'index.json'));
  const manifest: { config: { digest: string }; layers: { digest: string }[] } = await json(
    blob(index.manifests[0]!.digest),
  );
  for (const { digest } of manifest.layers) {
    await execute('tar', ['-xpf', blob(digest), '-C', root, '--numeric-owner']);
  }
  const configuration: { config: StartConfig; rootfs: { diff_ids: string[] } } = await json(
    blob(manifest.config.digest),
  );
  await rm(layout, { recursive: true });
  return { root, config: configuration.config, layers: configuration.rootfs.diff_ids };
}

/**
 * Makes `$1` the root, read-only, with writable /tmp and home, and becomes user 1000 without any capability: what a
 * pod's securityContext asks for. It is no chroot, in which the kernel refuses user namespaces.
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
PATH=$PATH:/usr/sbin:/sbin pivot_root . .
umount -l .
cd /
`;
const become =
  process.getuid?.() === 0
    ? '/usr/bin/setpriv --reuid 1000 --regid 1000 --clear-groups --inh-caps=-all --bounding-set=-all --no-new-privs'
    : '/usr/bin/unshare --user --map-user=1000 --map-group=1000 /usr/bin/setpriv --no-new-privs';

/** Why commands cannot be run in an image here; undefined when they can. */
export async function missingNamespaces(): Promise<string | undefined> {
  const tried = await execute('unshare', [...namespaces, 'true']).then(
    () => undefined,
    (error: { stderr?: string }) => error.stderr?.trim() || 'unshare does not work here',
  );
  return tried;
}

const namespaces = [
  ...(process.getuid?.() === 0 ? [] : ['--user', '--map-root-user']),
  '--mount',
  '--pid',
  '--ipc',
  '--uts',
  '--fork',
  '--kill-child',
];

export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command in the image as its configuration says: by its entrypoint, with its environment. */
export async function runInside(
  { root, config }: Pick<UnpackedImage, 'root' | 'config'>,
  command: readonly string[],
): Promise<Ended> {
  const script = `${enter}exec env -i ${config.Env.join(' ')} ${become} "$@"`;
  const args = [...namespaces, 'sh', '-c', script, 'enter', root, ...config.Entrypoint, ...command];
  return new Promise((resolve) => {
    execFile('unshare', args, { timeout: 60_000, killSignal: 'SIGKILL' }, (error, stdout, stderr) => {
      const code = typeof error?.code === 'number' ? error.code : error === null ? 0 : -1;
      resolve({ code, stdout, stderr });
    });
  });
}
