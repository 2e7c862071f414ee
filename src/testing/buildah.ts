import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { writeBusyboxImage } from '../../hack/cluster/busybox-image.mjs';

const execute = promisify(execFile);

/**
 * In mount, process and IPC namespaces of its own, so that nothing stays mounted or running however it ends.
 * $1 is the store, $2 the archive of the base, $3 the directory of the Dockerfile, $4 the name to push; the rest are options of `build`.
 */
const script = `set -eu
store=$1 base=$2 context=$3 name=$4; shift 4
engine() { buildah --root "$store/root" --runroot "$store/run" "$@"; }
base=$(engine pull -q "oci-archive:$base")
engine build -q --isolation chroot --layers=false --pull=never --build-arg "BASE=$base" -t localhost/candidate "$@" "$context"
engine push -q --tls-verify=false localhost/candidate "docker://$name"
`;

const alone = ['--mount', '--pid', '--ipc', '--fork', '--kill-child', '--mount-proc'];

/** Builds images of Dockerfiles with Buildah, without a network: they start from an image with a shell and the usual small commands. */
export class Buildah {
  readonly #directory: string;
  readonly #base: string;

  private constructor(directory: string) {
    this.#directory = directory;
    this.#base = join(directory, 'base.tar');
  }

  /** Why it cannot work here; undefined if it can. */
  static async missing(): Promise<string | undefined> {
    if (process.getuid?.() !== 0) return 'only root can build without an engine: run the tests as root';
    const found = await execute('sh', ['-c', 'command -v buildah']).catch(() => undefined);
    return found === undefined ? 'buildah is missing' : undefined;
  }

  /** @param directory for its store; the caller removes it */
  static async make(directory: string): Promise<Buildah> {
    const made = new Buildah(directory);
    await writeBusyboxImage({ file: made.#base, name: 'glidein.local/base:test' });
    return made;
  }

  /** Builds the Dockerfile of a directory, which takes its base as BASE, and pushes the image. @param name HOST/ORG/NAME:TAG */
  async push(context: string, name: string, options: readonly string[] = []): Promise<void> {
    const words = [join(this.#directory, 'store'), this.#base, context, name, ...options];
    await execute('unshare', [...alone, 'sh', '-c', script, 'build', ...words], {
      timeout: 120_000,
      killSignal: 'SIGKILL',
    });
  }
}
