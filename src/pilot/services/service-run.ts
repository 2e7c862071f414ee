import type { Readable } from 'node:stream';
import type { Clock } from '#base/clock.ts';
import { describeError, GlideinError } from '#base/error.ts';
import { excessSubcodes } from '#base/hold-codes.ts';
import { formatBytes } from '#base/quantity.ts';
import { signalNumber } from '#base/signals.ts';
import { amount } from '#spec/fields.ts';
import type { Service } from '#spec/services/service.ts';
import { filledIn } from '#spec/services/templates.ts';
import type { Logger } from '#telemetry/logger.ts';
import { chooseImage, type ImageRules } from '../payload/start/choose-image.ts';
import { type NamedImage, ownProgram } from '../payload/start/entry-point.ts';
import { environmentFile } from '../payload/start/environment-file.ts';
import type { PayloadWatch, ResourceWatch } from '../payload/watch/resource-watch.ts';
import { type Apptainer, type ContainerRun, containerArguments } from '../runtime/apptainer.ts';
import { ContainerProcess, type ProcessEnd, runOuter, yieldToPilot } from '../runtime/container-process.ts';
import { containerProcesses } from '../runtime/container-processes.ts';
import { findGpus } from '../runtime/gpu-devices.ts';
import type { Guardian } from '../runtime/guardian.ts';
import { findMounts, type Mount } from '../runtime/mounts.ts';
import type { ServiceCores } from './service-cores.ts';
import type { ServiceLog } from './service-log.ts';
import { renewPlaces, type ServicePlaces } from './service-places.ts';

const mebi = 2 ** 20;
const kibi = 2 ** 10;

/** What all services of a pilot share. */
export interface ServiceContext {
  /** Undefined: there are no containers, and so no services. */
  readonly apptainer: Apptainer | undefined;
  readonly guardian: Guardian;
  readonly images: ImageRules;
  readonly resources: ResourceWatch;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
  /** The pilot's directory. */
  readonly directory: string;
  /** Directories that no service may see. */
  readonly own: readonly string[];
  /** Ports of all services. */
  readonly ports: Set<number>;
  readonly cores: Pick<ServiceCores, 'wordsFor'>;
}

export interface ServiceRunOptions {
  readonly service: Service;
  readonly places: ServicePlaces;
  readonly templates: ReadonlyMap<string, string>;
  /** Numbers of the GPUs that it sees. */
  readonly gpus: readonly number[];
  /** What keeps it to its cores: words in front of its command. */
  readonly under: readonly string[];
  readonly log: ServiceLog;
  readonly context: ServiceContext;
  /** Called once, when it has taken more than it was given. */
  readonly exceeded: () => void;
}

/** How one start of a service ended. */
export interface RunEnd {
  /** With 0, and by itself. */
  readonly ok: boolean;
  readonly reason: string;
}

/** The usual umask, whatever the pilot has. HOME is set here because apptainer overrides what its environment file says. */
const firstStep = 'umask 022; HOME=/srv; export HOME; cd "$1" && shift && exec "$@"';

/** One start of a service: its container, until its last process is dead. */
export class ServiceRun {
  readonly #options: ServiceRunOptions;
  readonly #container: Container;
  readonly #process: ContainerProcess;
  readonly #watch: PayloadWatch | undefined;
  readonly #end: Promise<RunEnd>;

  private constructor(options: ServiceRunOptions, container: Container, { process, output }: Spawned) {
    const { service, context, places, exceeded } = options;
    this.#options = options;
    this.#container = container;
    this.#process = process;
    const { cpus, memory, disk, gpus } = service.resources;
    const given = { cpus, gpus, memory: amount(memory) / mebi, disk: amount(disk) / kibi };
    const asked = { memory: given.memory, disk: given.disk };
    if (process.pid !== undefined) {
      yieldToPilot(process.pid);
      this.#watch = context.resources.watch({
        leader: process.pid,
        root: places.root,
        resources: given,
        asked,
        exceeded,
      });
    }
    this.#end = this.#follow(output);
    // Whoever awaits `ended` gets the failure.
    this.#end.catch(() => undefined);
  }

  /** @throws GlideinError when it cannot be started, with the reason */
  static async start(options: ServiceRunOptions): Promise<ServiceRun> {
    const container = await containerOf(options);
    const spawned = spawnIn(container, container.command, ['ignore', 'pipe', 'pipe'], options);
    return new ServiceRun(options, container, spawned);
  }

  /** Resolves when every process of it is dead. */
  get ended(): Promise<RunEnd> {
    return this.#end;
  }

  /** Whether its container has come up. */
  get isUp(): boolean {
    const { pid } = this.#process;
    return pid !== undefined && containerProcesses(pid).length > 0;
  }

  signal(name: Service['stop']['signal']): void {
    this.#process.signal(name);
  }

  kill(): void {
    this.#process.kill();
  }

  /** Runs a command in another container with the same image and directories. @returns whether it ended with 0 */
  async execute(command: readonly string[], signal: AbortSignal): Promise<boolean> {
    const { process } = spawnIn(this.#container, command, ['ignore', 'ignore', 'ignore'], this.#options);
    const kill = () => process.kill();
    signal.addEventListener('abort', kill, { once: true });
    if (signal.aborted) kill();
    const end = await process.ended.catch(() => undefined);
    signal.removeEventListener('abort', kill);
    return end?.code === 0;
  }

  async #follow(output: readonly Readable[]): Promise<RunEnd> {
    const { log } = this.#options;
    const printed = Promise.all(output.map((stream) => log.follow(stream)));
    // A log that cannot be written must not stop the service: it is noticed when it ends.
    const problem = printed.then(() => log.problem, describeError);
    try {
      const end = await this.#process.ended;
      const lost = await problem;
      return { ok: end.code === 0, reason: (await this.#excess(end)) ?? this.#reasonOf(end, lost) };
    } finally {
      await this.#watch?.stop();
    }
  }

  /** What it has taken too much of, in words. */
  async #excess({ code, signal }: ProcessEnd): Promise<string | undefined> {
    const { memory, disk } = this.#options.service.resources;
    const isKilled = endInWords(code, signal) === 'SIGKILL';
    const outcome = await this.#watch?.judge(
      isKilled ? { kind: 'signalled', signal: 'SIGKILL' } : { kind: 'exited', exitCode: 0 },
    );
    if (outcome?.kind !== 'exceeded') return undefined;
    const used = this.#watch?.usage(undefined);
    const words = (bytes: number | undefined, what: string, given: number | string) =>
      `it took ${formatBytes(bytes ?? 0)}B of ${what}, and has ${formatBytes(amount(given))}B: write a larger resources.${what}`;
    if (outcome.subcode === excessSubcodes.memory) return words(used?.memoryPeakBytes, 'memory', memory);
    if (outcome.subcode === excessSubcodes.disk) return words(used?.diskPeakBytes, 'disk', disk);
    // The watch speaks of jobs, which share these limits with services.
    return outcome.reason.replace(/^the job /, 'it ');
  }

  #reasonOf({ code, signal }: ProcessEnd, lost: string | undefined): string {
    const { lastLine } = this.#options.log;
    const said = lost === undefined ? lastLine : `its output was lost: ${lost}`;
    return `it ended with ${endInWords(code, signal)}${said === '' ? '' : `: ${said}`}`;
  }
}

/** Apptainer returns 128 and the number of the signal that has killed the program. */
function endInWords(code: number | null, signal: NodeJS.Signals | null): string {
  const name = signal ?? (['SIGKILL', 'SIGTERM', 'SIGSEGV', 'SIGABRT'] as const).find(isCodeOf(code));
  return name === undefined ? `exit code ${code}` : name;
}

const isCodeOf = (code: number | null) => (name: string) => code === 128 + signalNumber(name);

/** What containers of a service have in common. */
interface Container {
  readonly image: string;
  readonly mounts: readonly Mount[];
  readonly gpus: ContainerRun['gpus'];
  readonly command: readonly string[];
}

async function containerOf({
  service,
  places,
  templates,
  gpus,
  context,
}: ServiceRunOptions): Promise<Container> {
  const variables = new Map(
    Object.entries(service.env).map(([name, text]) => [name, filledIn(text, templates)]),
  );
  if (gpus.length > 0) variables.set('CUDA_VISIBLE_DEVICES', gpus.join(','));
  const [choice, { mounts }, found] = await Promise.all([
    chooseImage(service.image, context.images),
    findMounts(service.binds, context.own),
    gpus.length > 0 ? findGpus() : undefined,
    renewPlaces(places, environmentFile(variables)),
  ]);
  if ('reason' in choice) throw new GlideinError('RuntimeFailed', choice.reason);
  const { image, isFile } = choice;
  const program =
    service.command.length > 0
      ? service.command
      : [await programOf({ name: service.image ?? context.images.default ?? '', path: image, isFile })];
  const command = [...program, ...service.args].map((word) => filledIn(word, templates));
  return { image, mounts, gpus: found?.vendor, command };
}

async function programOf(image: NamedImage): Promise<string> {
  const own = await ownProgram(image);
  if ('program' in own) return own.program;
  throw new GlideinError('RuntimeFailed', `${own.reason}: write command`);
}

interface Spawned {
  readonly process: ContainerProcess;
  /** What comes out of its pipes. */
  readonly output: readonly Readable[];
}

function spawnIn(
  { image, mounts, gpus }: Container,
  command: readonly string[],
  streams: readonly ['ignore', 'ignore' | 'pipe', 'ignore' | 'pipe'],
  { service, places, context, under }: ServiceRunOptions,
): Spawned {
  const { apptainer, guardian, clock, logger } = context;
  if (apptainer === undefined) throw new GlideinError('RuntimeFailed', 'services need containers');
  const args = containerArguments(apptainer.tier, {
    image,
    job: places.job,
    work: places.work,
    environmentFile: places.environment,
    gpus,
    mounts,
    network: 'Shared',
    command: ['/bin/sh', '-c', firstStep, 'sh', service.cwd, ...command],
  });
  const outer = runOuter({ file: apptainer.path, args, under }, streams, places.root);
  const process = new ContainerProcess(
    { outer, guardian, onStuck: () => logger.error('processes of the service survive SIGKILL') },
    clock,
  );
  return { process, output: outer.output };
}
