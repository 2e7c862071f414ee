import type { Backoff } from '#base/backoff.ts';
import { describeError } from '#base/error.ts';
import { truncate } from '#base/truncate.ts';
import { amount, milliseconds } from '#spec/fields.ts';
import type { Service } from '#spec/services/service.ts';
import { freePorts, takePorts } from './ports.ts';
import { restartDelays } from './restart-delays.ts';
import { type FoundResults, type ResultValue, readResults } from './results.ts';
import { ServiceLog } from './service-log.ts';
import { fileOf, placesOf, type ServicePlaces } from './service-places.ts';
import { ServiceProbes } from './service-probes.ts';
import { type RunEnd, type ServiceContext, ServiceRun } from './service-run.ts';
import {
  hasProcess,
  newService,
  nextService,
  type RestartRule,
  type ServiceEvent,
  type ServiceState,
} from './service-state.ts';
import { Timers } from './timers.ts';

/** Milliseconds of being ready after which failures no longer count. */
const steadyAfter = 600_000;

/** The most characters of a reason. */
const longestReason = 300;

export interface InstanceOptions {
  readonly service: Service;
  readonly instance: number;
  /** Numbers of the GPUs that it sees. */
  readonly gpus: readonly number[];
  readonly context: ServiceContext;
  /** Called after each change of its state. */
  readonly changed: () => void;
}

/** One instance of a service, through all its starts. See {@link nextService} for its life. */
export class ServiceInstance {
  readonly service: Service;
  readonly instance: number;
  readonly #options: InstanceOptions;
  readonly #rule: RestartRule;
  readonly #places: ServicePlaces;
  readonly #log: ServiceLog;
  readonly #under: readonly string[];
  readonly #backoff: Backoff;
  readonly #timers: Timers;
  /** The last line that matched, by the pattern of a result. */
  readonly #matches = new Map<string, string>();
  #state: ServiceState = newService;
  #found: FoundResults | undefined;
  #ports: ReadonlyMap<string, number> | undefined;
  /** It has been ready: payloads may know its ports, so they must not change. */
  #isKnown = false;
  #run: ServiceRun | undefined;
  #probes: ServiceProbes | undefined;
  #launched: Promise<void> = Promise.resolve();

  constructor(options: InstanceOptions) {
    const { service, instance, context } = options;
    const { restart, phase, logLimit } = service;
    this.#options = options;
    this.service = service;
    this.instance = instance;
    this.#rule = { policy: restart.policy, max: restart.max, runsToEnd: phase !== 'WithPayloads' };
    this.#places = placesOf(context.directory, service.name, instance);
    this.#log = new ServiceLog(this.#places.log, amount(logLimit), (line) => this.#printed(line));
    this.#under = context.cores.wordsFor(service);
    this.#timers = new Timers(context.clock);
    this.#backoff = restartDelays(service, context.random);
  }

  get state(): ServiceState {
    return this.#state;
  }

  /** Whether its end with 0 is what is waited for. */
  get runsToEnd(): boolean {
    return this.#rule.runsToEnd;
  }

  /** What it has found out, as far as it has. */
  get found(): FoundResults | undefined {
    return this.#found;
  }

  /** Its ports, once it has been ready. From then on they stay the same. */
  get endpoints(): ReadonlyMap<string, number> | undefined {
    return this.#isKnown ? this.#ports : undefined;
  }

  /** What templates stand for. */
  get templates(): ReadonlyMap<string, string> {
    const ports = [...(this.#ports ?? [])].map(([name, port]) => [`port.${name}`, String(port)] as const);
    return new Map([['name', this.service.name], ['instance', String(this.instance)], ...ports]);
  }

  /** Call this when what it depends on is there. */
  start(): void {
    const before = this.#state;
    this.#apply({ type: 'start' });
    if (this.#state !== before) this.#launched = this.#launch();
  }

  /** It will never be started. */
  giveUp(reason: string): void {
    this.#apply({ type: 'giveUp', reason });
  }

  /** Takes over what another pilot has found out, so that it need not run. */
  adopt(found: FoundResults): void {
    this.#found = found;
    this.#apply({ type: 'start' });
    this.#apply({ type: 'ended', ok: true, reason: '', at: found.at });
  }

  /** Ends it, with its grace. Resolves when its last process is dead. */
  async stop(): Promise<void> {
    const { signal, grace } = this.service.stop;
    this.#timers.cancel();
    this.#probes?.stop();
    this.#apply({ type: 'stop' });
    if (!hasProcess(this.#state)) return;
    this.#run?.signal(signal);
    const kill = this.#options.context.clock.after(milliseconds(grace), () => this.#run?.kill());
    await this.#launched;
    kill.cancel();
  }

  async #launch(): Promise<void> {
    const end = await this.#oneStart().catch((error: unknown) => ({
      ok: false,
      reason: describeError(error),
    }));
    this.#run = undefined;
    this.#timers.cancel();
    this.#probes?.stop();
    await this.#log.close();
    const { ok, reason } = await this.#collected(end);
    this.#apply({ type: 'ended', ok, reason: truncate(reason, longestReason), at: this.#now });
    if (!this.#isKnown && this.#ports !== undefined) this.#dropPorts(this.#ports);
    this.#next();
  }

  /** From the choice of its ports until its last process is dead. @throws what keeps it from being started */
  async #oneStart(): Promise<RunEnd> {
    const { context, gpus, service, instance } = this.#options;
    this.#matches.clear();
    this.#ports ??= await takePorts(service.ports, {
      taken: context.ports,
      instance,
      random: context.random,
    });
    await this.#log.open();
    if (this.#state.phase !== 'Starting') return { ok: false, reason: 'it was told to end before it began' };
    const run = await ServiceRun.start({
      service,
      places: this.#places,
      templates: this.templates,
      gpus,
      under: this.#under,
      log: this.#log,
      context,
      exceeded: () => this.#run?.kill(),
    });
    this.#run = run;
    if (this.#state.phase === 'Starting') this.#watch(run, this.#ports);
    // It was told to end before there was a process to tell, and its grace may be over; it has done nothing yet.
    else run.kill();
    return await run.ended;
  }

  #watch(run: ServiceRun, ports: ReadonlyMap<string, number>): void {
    const { timeLimit, startLimit } = this.service;
    const [limit, problem] = this.runsToEnd
      ? [timeLimit, `it ran for more than ${timeLimit}`]
      : [startLimit, `it was not ready after ${startLimit}`];
    this.#timers.after(milliseconds(limit), () => {
      if (this.#state.phase === 'Starting') this.#condemn(problem);
    });
    if (this.runsToEnd) return;
    this.#probes = new ServiceProbes(this.service, run, {
      asked: { ports, templates: this.templates, execute: (command, signal) => run.execute(command, signal) },
      clock: this.#options.context.clock,
      ready: () => this.#ready(),
      unready: (reason) => this.#apply({ type: 'unready', reason }),
      // One that has just died says itself how.
      dead: (reason) => {
        if (run.isUp) this.#condemn(`it is not alive: ${reason}`);
      },
    });
  }

  #ready(): void {
    this.#isKnown = true;
    this.#apply({ type: 'ready', at: this.#now });
    const { readySince } = this.#state;
    this.#timers.after(steadyAfter, () => {
      if (this.#state.readySince !== readySince) return;
      this.#apply({ type: 'steady' });
      this.#backoff.reset();
    });
  }

  #condemn(reason: string): void {
    this.#apply({ type: 'condemn', reason: truncate(reason, longestReason) });
    this.#run?.kill();
  }

  /** What follows an end: another start, sooner or later, or nothing. */
  #next(): void {
    const { phase } = this.#state;
    if (phase === 'Backoff') this.#timers.after(this.#backoff.next(), () => this.start());
    if (phase === 'Completed' && this.service.phase === 'Periodic')
      this.#timers.after(milliseconds(this.service.period), () => this.start());
  }

  /** Reads the results of a run that has gone well; without them, it has not. */
  async #collected(end: RunEnd): Promise<RunEnd> {
    if (!end.ok || !this.runsToEnd || this.#state.phase !== 'Starting') return end;
    try {
      const values: Readonly<Record<string, ResultValue>> = await readResults(this.service.results, {
        file: (name) => fileOf(this.#places, name),
        matched: (pattern) => this.#matches.get(pattern),
      });
      this.#found = { at: this.#now, values: { ...values } };
      return end;
    } catch (error) {
      return { ok: false, reason: describeError(error) };
    }
  }

  #printed(line: string): void {
    const { readiness, results } = this.service;
    for (const { pattern } of results) {
      const group = pattern === undefined ? undefined : new RegExp(pattern).exec(line)?.[1];
      if (pattern !== undefined && group !== undefined) this.#matches.set(pattern, group);
    }
    if (this.#state.phase === 'Starting' && readiness?.log !== undefined)
      if (new RegExp(readiness.log.pattern).test(line)) this.#probes?.sawReady();
  }

  #dropPorts(ports: ReadonlyMap<string, number>): void {
    freePorts(ports, this.#options.context.ports);
    this.#ports = undefined;
  }

  get #now(): number {
    return this.#options.context.clock.wall();
  }

  #apply(event: ServiceEvent): void {
    const before = this.#state;
    this.#state = nextService(before, event, this.#rule);
    if (this.#state === before) return;
    const { phase, lastFailure } = this.#state;
    const { logger } = this.#options.context;
    if (phase !== before.phase)
      logger.info(
        { service: this.service.name, instance: this.instance, phase, lastFailure },
        'service phase changed',
      );
    this.#options.changed();
  }
}
