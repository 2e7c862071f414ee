import { type ChildProcess, spawn } from 'node:child_process';
import type { Logger } from '#telemetry/logger.ts';

/**
 * Reads lines `add GROUP` and `drop GROUP` until its input ends, then kills the process groups that are left. Signals
 * that a terminal sends to all are ignored: the guardian outlives the pilot by purpose.
 */
const script = `trap '' HUP INT TERM
groups=
while read -r verb group; do
  case $verb in
    add) groups="$groups $group" ;;
    drop)
      rest=
      for one in $groups; do [ "$one" = "$group" ] || rest="$rest $one"; done
      groups=$rest ;;
  esac
done
for one in $groups; do kill -KILL "-$one"; done
`;

/**
 * Kills the payloads in the instant in which the pilot dies, however it dies: the kernel closes the pipe. A parent
 * death signal on apptainer does not do: the kernel forgets it when apptainer enters its user namespace. One guardian
 * serves all payloads, so that a start costs one line in a pipe.
 */
export class Guardian {
  readonly #logger: Logger;
  readonly #groups = new Set<number>();
  #shell: ChildProcess | undefined;

  constructor(logger: Logger) {
    this.#logger = logger;
    this.#spawn();
  }

  /** From now on the process group dies with the pilot. */
  add(group: number): void {
    this.#groups.add(group);
    this.#write('add', group);
  }

  /** The group has ended; its number may come back as somebody else's. */
  drop(group: number): void {
    this.#groups.delete(group);
    this.#write('drop', group);
  }

  /** Ends the guardian. Groups that are still known die. */
  close(): void {
    const shell = this.#shell;
    this.#shell = undefined;
    shell?.stdin?.end();
  }

  #write(verb: 'add' | 'drop', group: number): void {
    this.#shell?.stdin?.write(`${verb} ${group}\n`);
  }

  #spawn(): void {
    const shell = spawn('/bin/sh', ['-c', script], {
      stdio: ['pipe', 'ignore', 'ignore'],
      detached: true,
      cwd: '/',
      env: { PATH: '/usr/bin:/bin' },
    });
    this.#shell = shell;
    shell.stdin.on('error', () => this.#logger.debug('guardian does not listen'));
    shell.on('error', (error) =>
      this.#logger.error({ problem: error.message }, 'guardian cannot be started'),
    );
    // It ends only when somebody kills it; payloads must not be without one.
    shell.on('exit', () => {
      if (this.#shell !== shell) return;
      this.#logger.warn('guardian was killed and is replaced');
      this.#spawn();
      for (const group of this.#groups) this.#write('add', group);
    });
    shell.unref();
  }
}
