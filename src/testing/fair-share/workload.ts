import { randomOf } from '../random-of.ts';

/** A group with its quota, as a GlideinPool names it. */
export interface GroupPlan {
  readonly name: string;
  readonly cores?: number;
  readonly share?: number;
  readonly surplus: boolean;
}

/** A user who always has jobs waiting from one cycle until another. Each job takes one core. */
export interface UserPlan {
  /** `GROUP.USER`, or the user alone. */
  readonly submitter: string;
  readonly factor: number;
  readonly from: number;
  readonly until: number;
  /** How many cycles the user's jobs run, on average. */
  readonly runs: number;
}

/** What is simulated: a pool in which jobs begin and end only at negotiation cycles. */
export interface Workload {
  readonly cores: number;
  readonly cycles: number;
  /** How many cycles a half-life is long. */
  readonly halfLife: number;
  readonly groups: readonly GroupPlan[];
  readonly users: readonly UserPlan[];
}

const groupPlans: readonly (readonly GroupPlan[])[] = [
  [],
  [
    { name: 'atlas', cores: 100, surplus: false },
    { name: 'cms', share: 0.5, surplus: true },
  ],
  [
    { name: 'atlas', cores: 60, surplus: true },
    { name: 'cms', cores: 120, surplus: true },
  ],
  [
    { name: 'atlas', share: 0.6, surplus: false },
    { name: 'atlas.x', share: 0.5, surplus: true },
    { name: 'atlas.y', share: 0.3, surplus: true },
    { name: 'cms', share: 0.3, surplus: true },
  ],
];

/** A random workload. @param comeAndGo whether users arrive and leave; otherwise all have jobs from the first cycle to the last */
export function randomWorkload(seed: number, comeAndGo: boolean): Workload {
  const random = randomOf(seed);
  const choose = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;
  const groups = groupPlans[seed % groupPlans.length] ?? [];
  const cycles = 1000;
  const users = Array.from({ length: 3 + Math.floor(random() * 6) }, (_, index): UserPlan => {
    const group = choose([undefined, ...groups]);
    const [from, until] = comeAndGo ? [random() * 0.5, 0.4 + random() * 0.6] : [0, 1];
    return {
      submitter: group === undefined ? `user${index}` : `${group.name}.user${index}`,
      factor: choose([500, 1000, 1000, 2000, 4000]),
      from: Math.floor(from * cycles),
      until: Math.ceil(until * cycles),
      runs: 4 + Math.floor(random() * 8),
    };
  });
  return { cores: 300, cycles, halfLife: 60 + Math.floor(random() * 40), groups, users };
}

/** How long each of a user's jobs runs, one after the other: the same for whoever simulates. */
export function* runTimes(user: UserPlan, seed: number): Generator<number, never> {
  const random = randomOf(seed);
  for (;;) yield Math.max(1, Math.round(user.runs * (0.5 + random())));
}
