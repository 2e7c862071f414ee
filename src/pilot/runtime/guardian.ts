import { type ChildProcess, spawn } from 'node:child_process';
import type { Logger } from '#telemetry/logger.ts';

/**
 * Reads lines `add GROUP` and `drop GROUP` until its input ends, then kills the process groups that are left, and what else is in the
 * sessions that they lead: the programs that serve image files are in groups of their own, and would stay for ever. It ignores
 * the signals that a terminal sends to everybody: the guardian outlives the pilot on purpose.
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
[ -n "$groups" ] || exit 0
for file in /proc/[0-9]*/stat; do
  { read -r line <"$file"; } 2>/dev/null || continue
  set -- \${line##*) }
  for one in $groups; do [ "$4" != "$one" ] || kill -KILL "\${line%% *}"; done
done
`;

/**
 * Kills the payloads the moment the pilot dies, however it dies: the kernel then closes the pipe. One guardian serves all
 * payloads, so that a start costs one line in a pipe.
 *
 * **Gotchas.** A parent death signal on apptainer would not work: the kernel forgets it when apptainer enters its user
 * namespace.
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

  /** The group has ended. Its number may be used again for something else. */
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
    shell.stdin.on('error', () => this.#logger.debug('guardian does not read its input'));
    shell.on('error', (error) => this.#logger.error({ problem: error.message }, 'cannot start the guardian'));
    // It exits only if somebody kills it, and payloads must not be without one.
    shell.on('exit', () => {
      if (this.#shell !== shell) return;
      this.#logger.warn('guardian was killed; starting another');
      this.#spawn();
      for (const group of this.#groups) this.#write('add', group);
    });
    shell.unref();
  }
}
