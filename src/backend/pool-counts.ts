import { GlideinError } from '#base/error.ts';

/** How much a pool holds. */
export interface PoolCounts {
  readonly jobs: {
    readonly idle: number;
    readonly running: number;
    readonly held: number;
    readonly completed: number;
  };
  readonly slots: {
    readonly total: number;
    readonly idle: number;
    readonly claimed: number;
    readonly draining: number;
  };
  /** Of pools that tell of their volume: `Serving` while there is room. */
  readonly state?: string | undefined;
  /** Bytes that are free on the pool's volume. */
  readonly freeBytes?: number | undefined;
}

/**
 * Reads the counts from the pool's metrics (Prometheus' text format): they are there anyway, and cost the pool no walk
 * over its jobs.
 * @throws GlideinError InvalidMessage where one is missing, so that no number is ever made up
 */
export function poolCounts(metrics: string): PoolCounts {
  const count = (name: string, state: string): number => {
    const line = new RegExp(`^${name}\\{state="${state}"\\} ([0-9.e+]+)$`, 'm').exec(metrics);
    if (line?.[1] !== undefined) return Number(line[1]);
    throw new GlideinError('InvalidMessage', `the pool's metrics have no ${name} of the state ${state}`, {
      cure: 'use a glidein of the same version as the pool',
    });
  };
  const jobs = (state: string) => count('glidein_pool_jobs', state);
  const slots = (state: string) => count('glidein_pool_slots', state);
  const [idle, claimed, draining] = [slots('Unclaimed'), slots('Claimed'), slots('Draining')];
  return {
    jobs: { idle: jobs('Idle'), running: jobs('Running'), held: jobs('Held'), completed: jobs('Completed') },
    slots: { total: idle + claimed + draining, idle, claimed, draining },
    state: /^glidein_pool_volume_state\{state="(\w+)"\} 1$/m.exec(metrics)?.[1],
    freeBytes: numberOf(/^glidein_pool_volume_free_bytes ([0-9.e+]+)$/m.exec(metrics)?.[1]),
  };
}

const numberOf = (text: string | undefined): number | undefined =>
  text === undefined ? undefined : Number(text);
