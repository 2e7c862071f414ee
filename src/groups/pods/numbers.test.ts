import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ReservedNumbers } from '#api/glidein-group-status.ts';
import {
  isReserved,
  nothingReserved,
  numberOf,
  podName,
  reserve,
  unusedNumbers,
  withoutSeen,
} from './numbers.ts';

describe('reserve', () => {
  it('reserved numbers without a pod are used before new ones', () => {
    const reserved = {
      next: 7,
      ranges: [
        { from: 2, to: 3 },
        { from: 6, to: 6 },
      ],
    };
    expect(reserve(reserved, 2)).toEqual({ numbers: [2, 3], reserved });
    expect(reserve(reserved, 5, new Set([3]))).toEqual({
      numbers: [2, 6, 7, 8, 9],
      reserved: {
        next: 10,
        ranges: [
          { from: 2, to: 3 },
          { from: 6, to: 9 },
        ],
      },
    });
    expect(reserve(nothingReserved, 0)).toEqual({ numbers: [], reserved: nothingReserved });
  });

  it('only numbers already reserved are given when the status cannot hold another range', () => {
    const ranges = Array.from({ length: 64 }, (_, index) => ({ from: index * 2, to: index * 2 }));
    const reserved = { next: 200, ranges };
    expect(reserve(reserved, 100)).toEqual({ numbers: ranges.map(({ from }) => from), reserved });
  });
});

describe('withoutSeen', () => {
  it('the numbers of pods that were seen are reserved no more', () => {
    const reserved = { next: 10, ranges: [{ from: 0, to: 9 }] };
    expect(withoutSeen(reserved, (number) => number < 9 && number !== 4).ranges).toEqual([
      { from: 4, to: 4 },
      { from: 9, to: 9 },
    ]);
    expect(withoutSeen(reserved, () => false)).toBe(reserved);
  });

  it('reserved numbers never take more ranges than the status may hold, and none that was not seen is lost', () => {
    const reserved = { next: 400, ranges: [{ from: 0, to: 399 }] };
    const seen = (number: number): boolean => number % 2 === 0;
    const left = withoutSeen(reserved, seen);
    expect(left.ranges.length).toBeLessThanOrEqual(64);
    for (let number = 1; number < 400; number += 2) expect(isReserved(left, number)).toBe(true);
    expect(isReserved(left, 0)).toBe(false);
  });
});

it('the number of a pod is read from the names of its own group’s pods only', () => {
  expect(numberOf('g', podName('g', 12))).toBe(12);
  for (const name of ['g', 'g-', 'g-01', 'g-x', 'g-probe-1', 'h-1', 'g-1-2']) {
    expect(numberOf('g', name)).toBeUndefined();
  }
});

/** The API server of the model: one group, and pods that never end, in the order of their creation. */
class Server {
  version = 1;
  reserved: ReservedNumbers = nothingReserved;
  readonly created: number[] = [];

  write(version: number, reserved: ReservedNumbers): boolean {
    if (version !== this.version) return false;
    if (JSON.stringify(reserved) !== JSON.stringify(this.reserved)) this.version += 1;
    this.reserved = reserved;
    return true;
  }

  create(number: number): void {
    if (!this.created.includes(number)) this.created.push(number);
  }
}

/** One life of one operator: copies that may be old, and what only memory knows. */
class Life {
  readonly server: Server;
  version: number;
  reserved: ReservedNumbers;
  pods: number[];
  verified: string | undefined;
  epoch = 0;
  decision: { readonly add: number; readonly epoch: number } | undefined;
  readonly inWork = new Set<number>();

  constructor(server: Server) {
    this.server = server;
    this.version = server.version;
    this.reserved = server.reserved;
    this.pods = [...server.created];
  }

  seeGroup(): void {
    this.version = this.server.version;
    this.reserved = this.server.reserved;
  }

  seePod(): void {
    const next = this.server.created[this.pods.length];
    if (next === undefined) return;
    this.pods.push(next);
    if (!this.inWork.delete(next)) this.epoch += 1;
  }

  decide(demand: number): void {
    const add = Math.max(0, demand - this.pods.length - this.inWork.size);
    this.decision = { add, epoch: this.epoch };
  }

  /** The numbers that it would create now; their creations are in the hands of the network. */
  act(): readonly number[] {
    if (this.verified !== JSON.stringify(this.reserved)) {
      if (this.server.created.length > this.pods.length) return [];
      this.verified = JSON.stringify(this.reserved);
      this.epoch += 1;
      return [];
    }
    const { decision } = this;
    this.decision = undefined;
    if (decision === undefined || decision.epoch !== this.epoch) return [];
    const known = withoutSeen(this.reserved, (number) => this.pods.includes(number));
    const { numbers, reserved } = reserve(known, decision.add, new Set([...this.inWork, ...this.pods]));
    if (!this.server.write(this.version, reserved)) return [];
    this.seeGroup();
    this.verified = JSON.stringify(this.reserved);
    for (const number of numbers) this.inWork.add(number);
    return numbers;
  }
}

const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constantFrom('act', 'decide', 'group', 'pod'), who: fc.nat(1) }),
  },
  { weight: 5, arbitrary: fc.record({ do: fc.constantFrom('arrive', 'answerLost'), who: fc.nat(5) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('crash'), who: fc.nat(1) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('jobs'), who: fc.nat(4) }) },
);

it('as many pods are made as are wanted, whoever crashes and whatever arrives late', () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 60, maxLength: 200, size: 'max' }), (steps) => {
      const server = new Server();
      const lives = [new Life(server), new Life(server)];
      const network: { readonly life: Life; readonly number: number }[] = [];
      let demand = 3;
      const perform = ({ do: what, who }: { do: string; who: number }): void => {
        const life = lives[who % 2]!;
        const deliver = (isAnswered: boolean): void => {
          const [sent] = network.splice(who % Math.max(1, network.length), 1);
          if (sent === undefined) return;
          server.create(sent.number);
          if (!isAnswered) sent.life.inWork.delete(sent.number);
        };
        const doings: Record<string, () => void> = {
          act: () => network.push(...life.act().map((number) => ({ life, number }))),
          decide: () => life.decide(demand),
          group: () => life.seeGroup(),
          pod: () => life.seePod(),
          crash: () => lives.splice(who % 2, 1, new Life(server)),
          jobs: () => {
            demand += who;
          },
          arrive: () => deliver(true),
          answerLost: () => deliver(false),
        };
        doings[what]!();
      };
      for (const each of steps) {
        perform(each);
        expect(server.created.length).toBeLessThanOrEqual(demand);
      }
      for (let round = 0; round < 12; round++) {
        while (network.length > 0) perform({ do: 'arrive', who: 0 });
        for (const who of [0, 1]) {
          for (let pod = 0; pod <= demand; pod++) perform({ do: 'pod', who });
          for (const what of ['group', 'act', 'decide', 'act']) perform({ do: what, who });
        }
      }
      while (network.length > 0) perform({ do: 'arrive', who: 0 });
      expect(server.created).toHaveLength(demand);
      expect(Math.max(-1, ...server.created)).toBe(server.reserved.next - 1);
    }),
    { numRuns: 1000 },
  );
});

it('there are as many unused numbers as the reserved ranges say', () => {
  expect(
    unusedNumbers({
      next: 9,
      ranges: [
        { from: 1, to: 3 },
        { from: 8, to: 8 },
      ],
    }),
  ).toEqual([1, 2, 3, 8]);
});
