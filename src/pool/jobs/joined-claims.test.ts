import { expect, test } from 'vitest';
import { type ClaimTransition, claimsIn, JoinedClaims } from './joined-claims.ts';
import { parseRecord } from './stored-shapes.ts';

const pilots = ['s', 's', undefined].map((site, number) => ({
  uid: `u${number}`,
  name: `p${number}`,
  group: 'g',
  ...(site === undefined ? {} : { site }),
}));
const pilotOf = (proc: number) => pilots[proc % pilots.length] as ClaimTransition['pilot'];

const claim = (proc: number, more: Partial<ClaimTransition> = {}): ClaimTransition => ({
  type: 'claim',
  at: 1_700_000_000_000 + proc,
  job: { cluster: 7, proc },
  claim: { generation: 'g', id: `7.${proc}.1`, epoch: 1 },
  pilot: pilotOf(proc),
  takes: { cpus: 1 + (proc % 2), memory: 128, disk: 1024, gpus: 0 },
  ...(proc % 5 === 0 ? { limits: [{ name: 'licence', amount: 0.5 }] } : {}),
  ...(proc % 7 === 0 ? { submitter: 'physics.alice' } : {}),
  ...more,
});

const read = (text: string) => [...claimsIn(parseRecord(text))].map(({ transition }) => transition);

test('claims that were joined into one record are read as they were', () => {
  const claims = Array.from({ length: 100 }, (_, proc) => claim(proc));
  const joined = new JoinedClaims(claim(0));
  for (const one of claims.slice(1)) expect(joined.add(one)).toBe(true);
  expect(read(joined.print())).toEqual(claims);
});

test('a claim that is alone keeps the record that older versions read', () => {
  expect(JSON.parse(new JoinedClaims(claim(1)).print())).toEqual(claim(1));
});

test('no claim joins a record that has been printed, is full, or could not give it back', () => {
  const printed = new JoinedClaims(claim(0));
  printed.print();
  expect(printed.add(claim(1))).toBe(false);
  const other = new JoinedClaims(claim(0));
  expect(other.add(claim(1, { claim: { generation: 'h', id: '7.1.1', epoch: 1 } }))).toBe(false);
  expect(other.add(claim(1, { claim: { generation: 'g', id: 'restored.7.1', epoch: 1 } }))).toBe(false);
  let proc = 1;
  while (other.add(claim(proc))) proc += 1;
  expect(proc).toBe(500);
});

test('claims of a pilot that has come back with other facts are read with those that it had', () => {
  const before = claim(0);
  const after = claim(3, { pilot: { ...before.pilot, site: 'renamed' } });
  const joined = new JoinedClaims(before);
  for (const one of [claim(1), after, claim(6)]) joined.add(one);
  expect(read(joined.print())).toEqual([before, claim(1), after, claim(6)]);
});

test('a record of many claims takes little room', () => {
  const joined = new JoinedClaims(claim(0));
  for (let proc = 1; proc < 500; proc += 1) joined.add(claim(proc));
  expect(joined.print().length / 500).toBeLessThan(25);
});
