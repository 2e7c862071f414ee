import { existsSync, readdirSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Does what `cvmfs_server` does with a transaction, as its manual and its messages say, on a plain directory: `transaction` refuses while one
 * is open, `publish` and `abort` refuse while none is, or while somebody publishes; `publish` refuses while its caller works in the
 * repository; `abort` without -f would ask. $state has the lock, and what clients see meanwhile.
 */
const script = `#!/bin/sh
root=$(dirname "$0")
echo "$*" >> "$root/log"
command=$1; shift
force=no
[ "$1" = -f ] && { force=yes; shift; }
name=\${1%%/*}
state=$root/spool mount=$root/cvmfs/$name
refuse() { echo "$1"; exit 1; }
tree() { (cd "$1" && find . -mindepth 1 -not -type d -exec stat -c '%n %F %Y %s' {} + | sort); }
[ -d "$mount" ] || refuse "The repository $name does not exist"
[ -e "$root/fail-$command" ] && { rm "$root/fail-$command"; refuse "$command was told to fail"; }
case $command in
  transaction)
    [ -e "$state/in_transaction.lock" ] && refuse "Repository $name is already in a transaction"
    tree "$mount" > "$state/now"
    cmp -s "$state/now" "$state/published" || echo "changed without a transaction" >> "$root/log"
    cp -a "$mount" "$state/rdonly"
    touch "$state/in_transaction.lock" ;;
  publish)
    [ -e "$state/is_publishing.lock" ] && refuse "Another publish process is active for $name"
    [ -e "$state/in_transaction.lock" ] || refuse "Repository $name is not in a transaction"
    case $(pwd)/ in "$mount"/*) refuse "Current working directory is in /cvmfs/$name." ;; esac
    tree "$mount" > "$state/published"
    rm -rf "$state/rdonly" "$state/in_transaction.lock" ;;
  abort)
    [ -e "$state/is_publishing.lock" ] && refuse "Repository $name is currently published (aborting abort)"
    [ -e "$state/in_transaction.lock" ] || refuse "Repository $name is not in a transaction"
    [ $force = yes ] || refuse "asks a question"
    rm -rf "$mount"; mv "$state/rdonly" "$mount"
    rm "$state/in_transaction.lock" ;;
esac
`;

/** A stand-in for `cvmfs_server`, which Debian does not have, and for a repository of it; it notes what it is told. */
export class CvmfsRecorder {
  readonly repository = 'images.example.org';
  readonly root: string;

  private constructor(root: string) {
    this.root = root;
  }

  static async make(): Promise<CvmfsRecorder> {
    const recorder = new CvmfsRecorder(await mkdtemp(join(tmpdir(), 'glidein-cvmfs-')));
    await mkdir(recorder.mount, { recursive: true });
    await mkdir(recorder.#spool);
    await writeFile(recorder.program, script, { mode: 0o755 });
    // What it says of an empty repository is taken down by a first transaction.
    await writeFile(join(recorder.#spool, 'published'), '');
    return recorder;
  }

  get program(): string {
    return join(this.root, 'cvmfs_server');
  }

  /** Where the repository is mounted, and changed during a transaction. */
  get mount(): string {
    return join(this.root, 'cvmfs', this.repository);
  }

  get #spool(): string {
    return join(this.root, 'spool');
  }

  /** What clients see now. */
  get seen(): string {
    return existsSync(join(this.#spool, 'rdonly')) ? join(this.#spool, 'rdonly') : this.mount;
  }

  get isOpen(): boolean {
    return readdirSync(this.#spool).includes('in_transaction.lock');
  }

  /** The commands that were given, since the last look. */
  async commands(): Promise<string[]> {
    const log = join(this.root, 'log');
    const lines = (await readFile(log, 'utf8').catch(() => '')).split('\n').slice(0, -1);
    await rm(log, { force: true });
    return lines;
  }

  /** Lets the next command of this kind fail. */
  async fail(command: 'transaction' | 'publish' | 'abort'): Promise<void> {
    await writeFile(join(this.root, `fail-${command}`), '');
  }

  /** Somebody else publishes, or a publication goes on whose caller was killed. */
  async publishing(isOn: boolean): Promise<void> {
    const path = join(this.#spool, 'is_publishing.lock');
    await (isOn ? writeFile(path, '') : rm(path));
  }

  async remove(): Promise<void> {
    await rm(this.root, { recursive: true, force: true });
  }
}
