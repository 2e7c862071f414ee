import { type PressurePolicySpec, pressurePolicySpec } from '#api/pressure-policy.ts';
import { ClassAd } from '#classad/class-ad.ts';
import type { Autocluster, Demand, GroupSupply, PilotSupply } from '#pressure/demand.ts';

export interface Size {
  readonly cpus: number;
  readonly memory?: number;
  readonly gpus?: number;
}

/** A slot ad; texts are ClassAd expressions. */
export const slotOf = ({ cpus, memory = 1024 * cpus, gpus = 0 }: Size, more: Record<string, string> = {}) =>
  ClassAd.fromTexts({
    Cpus: String(cpus),
    Memory: String(memory),
    Disk: '100000000',
    GPUs: String(gpus),
    Start: 'true',
    Requirements: 'Start',
    ...more,
  });

/** Waiting jobs as `glidein submit` describes them. */
export const jobsOf = (
  count: number,
  { cpus, memory = 128, gpus = 0 }: Size,
  more: Partial<Pick<Autocluster, 'id' | 'oldestSeconds'>> & { texts?: Record<string, string> } = {},
): Autocluster => ({
  id: more.id ?? 1,
  count,
  oldestSeconds: more.oldestSeconds ?? 0,
  ad: ClassAd.fromTexts({
    RequestCpus: String(cpus),
    RequestMemory: String(memory),
    RequestDisk: '1024',
    RequestGPUs: String(gpus),
    Requirements: 'TARGET.Cpus >= RequestCpus && TARGET.Memory >= RequestMemory',
    ...more.texts,
  }),
});

type GroupOptions = Partial<Omit<GroupSupply, 'name' | 'template' | 'limits'>> & {
  limits?: Partial<GroupSupply['limits']>;
  texts?: Record<string, string>;
};

export const groupOf = (
  name: string,
  size: Size,
  { limits, texts, ...more }: GroupOptions = {},
): GroupSupply => ({
  name,
  template: slotOf(size, texts),
  starting: 0,
  leaving: 0,
  suspended: false,
  limits: { maxPilots: 100, maxPending: 100, maxIdle: 100, ...limits },
  ...more,
});

export const pilotOf = (
  uid: string,
  group: string | undefined,
  state: PilotSupply['state'],
  free: Size,
  texts: Record<string, string> = {},
): PilotSupply => ({
  uid,
  name: uid,
  group,
  state,
  connected: true,
  free: slotOf(free, { Name: `"${uid}"`, ...texts }),
});

export const known = (autoclusters: readonly Autocluster[], pilots: readonly PilotSupply[] = []): Demand => ({
  known: true,
  autoclusters,
  pilots,
});

export const policyOf = (spec: Record<string, unknown> = {}): PressurePolicySpec =>
  pressurePolicySpec.parse(spec);
