import { randomUUID } from 'node:crypto';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { EmbeddedPool } from '#backend/embedded-pool.ts';
import type { Clock } from '#base/clock.ts';
import { diesWithParent } from '#base/dies-with-parent.ts';
import { parseDuration } from '#base/duration.ts';
import { GlideinError } from '#base/error.ts';
import { endProcessesOf } from '#base/owned-processes.ts';
import { loadOrCreateKey, mintToken } from '#pool/auth/tokens.ts';
import type { PilotOrder } from '#spec/pilot-order.ts';
import type { PoolSpec } from '#spec/pool-spec.ts';
import type { Logger } from '#telemetry/logger.ts';
import { deliverHere } from './deliver-here.ts';
import type { Machine } from './machine.ts';
import { PilotProcess } from './pilot-process.ts';
import type { GroupPlan } from './plan-site.ts';
import { PoolProcess } from './pool-process.ts';
import { type PublishersOptions, startPublishers } from './publishers.ts';
import { type MakePilot, Site } from './site.ts';
import { type LocalGroup, siteName } from './site-definition.ts';
import {
  closeStateDirectory,
  endpointFile,
  openStateDirectory,
  type StateDirectory,
  writeWhole,
} from './state-directory.ts';

/** How long tokens of one run of `glidein up` are valid, in seconds. */
const tokenLife = 30 * 86_400;

export interface UpOptions {
  /** What the pool gets besides its settings. */
  readonly poolSpec: PoolSpec;
  readonly groups: readonly LocalGroup[];
  readonly publishing: Pick<PublishersOptions, 'imageSets' | 'directory' | 'layers' | 'logins'>;
  readonly machine: Machine;
  readonly stateDirectory: string;
  /** Directories of expanded images that are searched before those that the groups name. */
  readonly images: readonly string[];
  readonly apptainer: string | undefined;
  readonly port: number;
  readonly lease: string;
  /** The user who submits, and whose results are delivered. */
  readonly user: string;
  /** The directory of the locks of event logs. */
  readonly locks: string;
  /** Gets what an owner must know about results, each sentence once. */
  readonly onRemark: (sentence: string) => void;
  /** The commands that run the programs. */
  readonly programs: Readonly<Record<'pool' | 'pilot' | 'publisher', readonly string[]>>;
  /** PATH. */
  readonly searchPath: string | undefined;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
  readonly onPlan: (plan: GroupPlan) => void;
}

/** A pool and its pilots on this machine. */
export interface Up {
  readonly url: string;
  readonly state: StateDirectory;
  /** Ends the pilots, with their grace, and then the pool; nothing is left running. */
  stop(): Promise<void>;
  /** Makes a `stop` in progress skip the grace. */
  hurry(): void;
}

/**
 * Starts the pool and the loop that starts pilots.
 * @throws GlideinError Conflict when the state directory is in use, Unavailable when the pool does not start
 */
export async function up(options: UpOptions): Promise<Up> {
  const state = await openStateDirectory(options.stateDirectory);
  const spec = join(state.root, 'pool.json');
  const poolProcess = new PoolProcess({
    command: options.programs.pool,
    directory: state.pool,
    logFile: join(state.logs, 'pool.log'),
    spec,
    port: options.port,
    lease: options.lease,
    clock: options.clock,
    random: options.random,
    logger: options.logger,
  });
  try {
    await clearLeftovers(state, options.clock);
    await writeWhole(spec, JSON.stringify(options.poolSpec));
    return await runSite(options, state, poolProcess);
  } catch (error) {
    await poolProcess.stop();
    await closeStateDirectory(state);
    throw error;
  }
}

async function runSite(options: UpOptions, state: StateDirectory, poolProcess: PoolProcess): Promise<Up> {
  const { groups, clock, logger, onPlan } = options;
  const url = await poolProcess.start();
  const key = await loadOrCreateKey(join(state.pool, 'pool.key'));
  const token = await mintToken(key, { subject: options.user, role: 'admin' }, tokenLife);
  await publish(state, url, token);
  const operator = await mintToken(key, { subject: siteName, role: 'operator' }, tokenLife);
  const pool = new EmbeddedPool({ url, token: () => operator }, siteName);
  const command = await diesWithParent(options.programs.pilot, options.searchPath);
  const makePilot = pilotMaker(
    { ...options, programs: { ...options.programs, pilot: command } },
    state,
    url,
    key,
  );
  const site = new Site({
    groups,
    machine: options.machine,
    pool,
    makePilot,
    clock,
    random: options.random,
    logger,
    onPlan,
  });
  const publishers = await startPublishers(
    { ...options, ...options.publishing, program: options.programs.publisher },
    state,
  );
  const stopping = new AbortController();
  const running = Promise.all([
    site.run(stopping.signal),
    deliverHere({ ...options, state, url, token, signal: stopping.signal }),
  ]);
  return {
    url,
    state,
    async stop() {
      stopping.abort();
      await running;
      await Promise.all([endPilots(site, groups, clock), ...publishers.map((publisher) => publisher.stop())]);
      await site.settled();
      await pool.close();
      await poolProcess.stop();
      await closeStateDirectory(state);
    },
    hurry() {
      for (const pilot of site.pilots) pilot.kill();
    },
  };
}

/**
 * Kills whatever an earlier run left behind: two pools must not share a database, and jobs must not run again beside their
 * earlier tries.
 */
async function clearLeftovers(state: StateDirectory, clock: Clock): Promise<void> {
  for (const directory of [state.pool, state.pilots, state.publishers]) {
    if (await endProcessesOf(directory, clock)) continue;
    throw new GlideinError(
      'Conflict',
      `processes of an earlier glidein up cannot be killed; GLIDEIN_OWNER in their environment names ${directory}`,
      {
        cure: 'look for them with `ps e`, or name another directory with --state',
      },
    );
  }
  for (const name of await readdir(state.pilots))
    await rm(join(state.pilots, name), { recursive: true, force: true, maxRetries: 3 });
}

async function publish(state: StateDirectory, url: string, token: string): Promise<void> {
  const tokenFile = join(state.root, 'token');
  await writeWhole(tokenFile, token);
  await writeWhole(endpointFile(state.root), JSON.stringify({ url, tokenFile, pid: process.pid }));
}

function pilotMaker(options: UpOptions, state: StateDirectory, url: string, key: Uint8Array): MakePilot {
  let number = 0;
  const life = Math.floor(options.clock.wall() / 1000).toString(36);
  return async (group, onEnd) => {
    number += 1;
    const uid = randomUUID();
    const name = `${group.name}-${life}-${number}`;
    const order = orderOf(options, state, group, { uid, name, url });
    return new PilotProcess({
      command: options.programs.pilot,
      order,
      token: await mintToken(key, { subject: uid, role: 'pilot' }, tokenLife),
      logFile: join(state.logs, `${name}.log`),
      clock: options.clock,
      onEnd,
    });
  };
}

function orderOf(
  options: UpOptions,
  state: StateDirectory,
  group: LocalGroup,
  who: { uid: string; name: string; url: string },
): PilotOrder {
  const directory = join(state.pilots, who.name);
  const { pilot } = group.spec;
  const images = { ...pilot.runtime.images, path: [...options.images, ...pilot.runtime.images.path] };
  return {
    name: who.name,
    uid: who.uid,
    group: group.name,
    site: siteName,
    pool: { url: who.url, tokenFile: join(directory, 'token') },
    directory,
    cacheDirectory: state.cache,
    ...(options.apptainer === undefined ? {} : { apptainer: options.apptainer }),
    spec: { ...pilot, runtime: { ...pilot.runtime, images } },
  };
}

/** Milliseconds that a pilot needs besides the grace of its payloads, to upload their results and to leave. */
const uploadTime = 30_000;

/** Payloads get the longest grace of all pilots; what is left after that is killed. */
async function endPilots(site: Site, groups: readonly LocalGroup[], clock: Clock): Promise<void> {
  const pilots = site.pilots;
  for (const pilot of pilots) pilot.terminate();
  const ended = Promise.all(pilots.map((pilot) => pilot.ended));
  const grace = Math.max(0, ...groups.map(({ spec }) => parseDuration(spec.pilot.lifetimes.grace)));
  const timer = clock.after(grace + uploadTime, () => {
    for (const pilot of pilots) pilot.kill();
  });
  await ended;
  timer.cancel();
}
