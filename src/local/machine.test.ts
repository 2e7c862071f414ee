import { expect, it } from 'vitest';
import { capByMachine, type MachineUser } from './machine.ts';

const gi = 2 ** 30;
const user = (add: number, present = 0, size = { cpus: 1, memory: gi }, group = 'g'): MachineUser => ({
  decision: { group, wanted: present + add, add, release: [], reason: `${add} more pilots`, limits: [] },
  size,
  present,
});
const added = (users: readonly MachineUser[], machine: { cpus: number; memory: number }) =>
  capByMachine(users, machine).map(({ add }) => add);

it('a machine of two cores gets two one-core pilots for twelve jobs, and no more until one has gone', () => {
  const machine = { cpus: 2, memory: 8 * gi };
  expect(capByMachine([user(12)], machine)).toEqual([
    {
      group: 'g',
      wanted: 2,
      add: 2,
      release: [],
      reason: '12 more pilots; limited by this machine: 2 cores and 8Gi of memory',
      limits: [{ name: 'machine', value: 2, count: 10 }],
    },
  ]);
  expect(added([user(10, 2)], machine)).toEqual([0]);
  expect(added([user(10, 1)], machine)).toEqual([1]);
});

it('the memory of a machine is promised only once, like its cores', () => {
  expect(added([user(5, 0, { cpus: 1, memory: 3 * gi })], { cpus: 64, memory: 8 * gi })).toEqual([2]);
});

it('groups that share a machine get pilots in turn, and one gets what the other leaves', () => {
  expect(added([user(8), user(8)], { cpus: 5, memory: 99 * gi })).toEqual([3, 2]);
  expect(added([user(8), user(1)], { cpus: 5, memory: 99 * gi })).toEqual([4, 1]);
  expect(added([user(8), user(8, 4)], { cpus: 5, memory: 99 * gi })).toEqual([1, 0]);
});

it('a decision that fits the machine stays unchanged', () => {
  const { decision } = user(2);
  expect(capByMachine([user(2)], { cpus: 2, memory: 2 * gi })).toEqual([decision]);
});
