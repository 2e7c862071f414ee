import type { Service } from '#spec/services/service.ts';

export interface ServiceCoresOptions {
  /** The cores that the pilot itself may use. */
  readonly allowed: readonly number[];
  /** Spreads the services of the pilots of a node. */
  readonly random: () => number;
}

/** Where the program is missing, or the kernel does not allow it, the service runs all the same. The flags are also those of busybox. */
const onCores = 'taskset -p -c "$0" "$$" >/dev/null 2>&1; exec "$@"';

/**
 * Which cores each service may use. A pod rarely may make control groups, so services are kept to as many cores as they were given
 * by their affinity: they cannot take more, but others may use the same ones. What runs before payloads may use all.
 */
export class ServiceCores {
  readonly #options: ServiceCoresOptions;
  #next: number;

  constructor(options: ServiceCoresOptions) {
    this.#options = options;
    this.#next = Math.floor(options.random() * options.allowed.length);
  }

  /** The words with which an instance of a service is started: on cores of its own, as long as there are some. */
  wordsFor({ phase, resources }: Pick<Service, 'phase' | 'resources'>): readonly string[] {
    const { allowed } = this.#options;
    // A service that was given none may use what others leave of one.
    const count = Math.max(1, resources.cpus);
    if (phase === 'BeforePayloads' || count >= allowed.length) return [];
    const cores = Array.from({ length: count }, (_, index) => allowed[(this.#next + index) % allowed.length]);
    this.#next += count;
    return ['/bin/sh', '-c', onCores, cores.join(',')];
  }
}

/**
 * The cores that a process may use.
 * @param status of `/proc/PID/status`
 */
export function allowedCores(status: string): number[] {
  const text = /^Cpus_allowed_list:\s*([\d,-]+)$/m.exec(status)?.[1] ?? '';
  return text.split(',').flatMap((range) => {
    const [first = Number.NaN, last = first] = range.split('-').map((word) => Number.parseInt(word, 10));
    return Number.isNaN(first) ? [] : Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
}
