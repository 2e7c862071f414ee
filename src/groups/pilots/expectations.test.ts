import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { ReservedNumbers } from '#api/glidein-group-status.ts';
import { nothingReserved } from '../pods/numbers.ts';
import { Expectations } from './expectations.ts';

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
  decision: { readonly add: number; readonly epoch: number } | undefined;
  readonly expectations = new Expectations();

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
    this.expectations.arrived(next);
  }

  decide(demand: number): void {
    const add = Math.max(0, demand - this.pods.length - this.expectations.count);
    this.decision = { add, epoch: this.expectations.epoch };
  }

  /** The numbers that it would create now; their creations are in the hands of the network. */
  act(): readonly number[] {
    const { expectations, decision } = this;
    if (!expectations.isVerified(this.reserved)) {
      if (this.server.created.length > this.pods.length) return [];
      expectations.verify(this.reserved);
      return [];
    }
    this.decision = undefined;
    if (decision === undefined || decision.epoch !== expectations.epoch) return [];
    const { numbers, reserved } = expectations.choose(this.reserved, new Set(this.pods), decision.add);
    expectations.expect(numbers);
    if (!this.server.write(this.version, reserved)) {
      expectations.free(numbers);
      return [];
    }
    const before = this.reserved;
    this.seeGroup();
    expectations.rewrote(before, this.reserved);
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
          if (isAnswered) sent.life.expectations.confirm(sent.number, 0);
          else sent.life.expectations.free([sent.number]);
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

const reserved = { next: 1, ranges: [{ from: 0, to: 0 }] };
const none = new Set<number>();

it('a number whose confirmed pod was never shown is used up when the API server has it no more', () => {
  const expectations = new Expectations();
  expectations.expect([0]);
  expectations.confirm(0, 0);
  expect(expectations.overdue(29_999)).toEqual([]);
  expect(expectations.overdue(30_000)).toEqual([0]);
  expectations.settle(0, false);
  expect(expectations.count).toBe(0);
  expect(expectations.choose(reserved, none, 1).numbers).toEqual([1]);
});

it('a number whose pod was not created is used again, one whose name belongs to another is not', () => {
  const expectations = new Expectations();
  expectations.expect([0]);
  expectations.free([0]);
  expect(expectations.choose(reserved, none, 1).numbers).toEqual([0]);
  expectations.useUp(0);
  expect(expectations.choose(reserved, none, 1).numbers).toEqual([1]);
});

it('only a pod that was not expected makes earlier decisions void', () => {
  const expectations = new Expectations();
  expectations.expect([0]);
  expectations.arrived(0);
  expect(expectations.epoch).toBe(0);
  expectations.arrived(0);
  expectations.arrived(undefined);
  expect(expectations.epoch).toBe(2);
});

it('numbers that another process reserved have to be compared with the API server again', () => {
  const expectations = new Expectations();
  expectations.verify(undefined);
  const wider = { next: 2, ranges: [{ from: 0, to: 1 }] };
  expectations.rewrote(undefined, reserved);
  expect(expectations.isVerified(reserved)).toBe(true);
  expectations.rewrote(wider, wider);
  expect(expectations.isVerified(wider)).toBe(false);
});
