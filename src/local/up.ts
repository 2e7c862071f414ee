import { randomUUID } from 'node:crypto';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { EmbeddedPool } from '#backend/embedded-pool.ts';
import type { Clock } from '#base/clock.ts';
import { loadOrCreateKey, mintToken } from '#pool/auth/tokens.ts';
import type { PilotOrder } from '#spec/pilot-order.ts';
import type { Logger } from '#telemetry/logger.ts';
import type { GroupPlan } from './decide.ts';
import { PilotProcess } from './pilot-process.ts';
import { PoolProcess } from './pool-process.ts';
import { endProcessesOf, isAlive } from './processes.ts';
import { Site, type StartPilot } from './site.ts';
import type { LocalGroup } from './site-definition.ts';
import {
  closeStateDirectory,
  endpointFile,
  openStateDirectory,
  type StateDirectory,
  writeWhole,
} from './state-directory.ts';

/** The name under which pilots on this machine are offered. */
const siteName = 'local';

/** Tokens of one life of `glidein up` are good for this long, in seconds. */
const tokenLife = 30 * 86_400;

export interface UpOptions {
  readonly groups: readonly LocalGroup[];
  readonly stateDirectory: string;
  /** Directories of expanded images, searched before those that the groups name. */
  readonly images: readonly string[];
  readonly apptainer: string | undefined;
  readonly port: number;
  readonly lease: string;
  /** Who submits: the owner of jobs. */
  readonly user: string;
  /** How the programs are run. */
  readonly programs: { readonly pool: readonly string[]; readonly pilot: readonly string[] };
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
  readonly onPlan: (plan: GroupPlan) => void;
}

/** A pool and its pilots on this machine. */
export interface Up {
  readonly url: string;
  readonly state: StateDirectory;
  /** Ends pilots, with their grace, then the pool; nothing is left running. */
  stop(): Promise<void>;
}

/**
 * Starts the pool and the loop that starts pilots.
 * @throws GlideinError Conflict when the state directory is in use, Unavailable when the pool does not start
 */
export async function up(options: UpOptions): Promise<Up> {
  const { clock, logger } = options;
  const state = await openStateDirectory(options.stateDirectory, isAlive);
  await clearLeftovers(state, clock);
  const stopping = new AbortController();
  const poolProcess = new PoolProcess({
    command: options.programs.pool,
    directory: state.pool,
    logFile: join(state.logs, 'pool.log'),
    port: options.port,
    lease: options.lease,
    clock,
    random: options.random,
    logger,
  });
  try {
    const url = await poolProcess.start(stopping.signal);
    const key = await loadOrCreateKey(join(state.pool, 'pool.key'));
    await publish(state, url, await mintToken(key, { subject: options.user, role: 'admin' }, tokenLife));
    const operator = await mintToken(key, { subject: siteName, role: 'operator' }, tokenLife);
    const pool = new EmbeddedPool({ url, token: () => operator }, siteName);
    const { groups, onPlan } = options;
    const site = new Site({
      groups,
      pool,
      startPilot: starter(options, state, url, key),
      clock,
      logger,
      onPlan,
    });
    const running = site.run(stopping.signal);
    return {
      url,
      state,
      async stop() {
        stopping.abort();
        await running;
        await endPilots(site, clock);
        await pool.close();
        await poolProcess.stop();
        await closeStateDirectory(state);
      },
    };
  } catch (error) {
    await poolProcess.stop();
    await closeStateDirectory(state);
    throw error;
  }
}

/** Whatever an earlier life left running is ended before its jobs may run again. */
async function clearLeftovers(state: StateDirectory, clock: Clock): Promise<void> {
  await endProcessesOf(state.pilots, clock);
  for (const name of await readdir(state.pilots))
    await rm(join(state.pilots, name), { recursive: true, force: true });
}

async function publish(state: StateDirectory, url: string, token: string): Promise<void> {
  const tokenFile = join(state.root, 'token');
  await writeWhole(tokenFile, token);
  await writeWhole(endpointFile(state.root), JSON.stringify({ url, tokenFile, pid: process.pid }));
}

function starter(options: UpOptions, state: StateDirectory, url: string, key: Uint8Array): StartPilot {
  let number = 0;
  const life = Math.floor(options.clock.wall() / 1000).toString(36);
  return async (group, onEnd) => {
    number += 1;
    const uid = randomUUID();
    const name = `${group.name}-${life}-${number}`;
    const order = orderOf(options, state, group, { uid, name, url });
    const pilot = new PilotProcess({
      command: options.programs.pilot,
      order,
      token: await mintToken(key, { subject: uid, role: 'pilot' }, tokenLife),
      logFile: join(state.logs, `${name}.log`),
      clock: options.clock,
      onEnd,
    });
    await pilot.start();
    return pilot;
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

/** Payloads get the longest grace of their pilots; what is left then is killed. */
async function endPilots(site: Site, clock: Clock): Promise<void> {
  const pilots = site.pilots;
  for (const pilot of pilots) pilot.terminate();
  const ended = Promise.all(pilots.map((pilot) => pilot.ended));
  const timer = clock.after(60_000, () => {
    for (const pilot of pilots) pilot.kill();
  });
  await ended;
  timer.cancel();
}
