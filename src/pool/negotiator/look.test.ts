import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fitOf } from '#match/fit.ts';
import { PreparedJob } from '#match/prepared-job.ts';
import { jobAd, slotAd } from '#testing/ads.ts';
import { Pilot } from '../collector/pilot.ts';
import { FreeSlots } from './free-slots.ts';
import { Look } from './look.ts';
import { Match } from './match.ts';
import { requestedLimits } from './requested-limits.ts';
import { Verdicts } from './verdicts.ts';

const environment = { now: () => 1000, random: () => 0.5 };

const clause = fc.constantFrom(
  'TARGET.Memory >= RequestMemory',
  '(TARGET.Cpus >= RequestCpus)',
  '4 <= TARGET.Cpus',
  'Memory >= 1000',
  'TARGET.Disk >= 2000.5',
  'TARGET.Cpus <= 4',
  'TARGET.Cpus > 2',
  'TARGET.Arch == "X86_64"',
  'TARGET.Name =!= "p1"',
  'TARGET.Rack > 2',
  'TARGET.Half >= RequestCpus',
  'TARGET.Missing',
  '(TARGET.Missing || (TARGET.Memory >= RequestMemory))',
  'TARGET.Arch || TARGET.Disk >= RequestDisk',
  'TARGET.Rack || TARGET.Cpus >= RequestCpus',
  'TARGET.Memory >= RequestMemory || error',
  'TARGET.Missing || TARGET.Memory >= 3000',
  'TARGET.Missing =?= undefined',
  'regexp("p[0-3]", TARGET.Name)',
  'time() > 0',
  'TARGET.Wants == MY.Kind',
  'TARGET.GPUs >= 1',
  'eval(TARGET.Text)',
  '5',
  'TARGET.Cpus >= true',
  '"text" >= TARGET.Memory',
);
const request = (...values: string[]) => fc.constantFrom(...values);
const job = fc.record({
  RequestCpus: request('1', '2', '3', 'TARGET.Cpus', 'TARGET.TotalCpus / 2', '-1', '1.5'),
  RequestMemory: request('128', '1000', '2500', 'TARGET.Memory / 2', '"x"'),
  RequestGPUs: request('0', '1', 'undefined'),
  Kind: request('1', '"a"'),
  Rank: request(
    '0',
    'TARGET.Memory',
    'TARGET.Rack',
    'TARGET.Arch == "ARM64"',
    'TARGET.Half',
    '"x"',
    'undefined',
  ),
  Requirements: fc.array(clause, { minLength: 1, maxLength: 4 }).map((clauses) => clauses.join(' && ')),
});
const slot = fc.record({
  Cpus: request('1', '2', '4', '8'),
  TotalCpus: request('4', '8'),
  Memory: request('512', '2048', '4096', '"x"', '-1'),
  GPUs: request('0', '1', '2'),
  Arch: request('"X86_64"', '"ARM64"'),
  Rack: request('1', '2', '3', 'Cpus', 'time() - 998'),
  Half: request('MY.Cpus / 2', '2', 'TARGET.RequestCpus'),
  Text: request('"TARGET.Cpus > 1"', '"true"'),
  Wants: request('1', '"A"', 'TARGET.Kind'),
  Start: request(
    'true',
    'TARGET.Kind == 1',
    'MY.Cpus >= 2',
    'MY.Name != "p2"',
    'TARGET.RequestMemory < 2000',
    'TARGET.RequestCpus <= 2',
    'MY.Half >= 1',
    'MY.Rack > 1 || TARGET.Kind =?= "a"',
    'time() > 0',
    'MY.Missing',
  ),
});

/** The pilots that a job fits, with its rank there, in the order in which they would get it. */
function candidates(subject: PreparedJob, slots: FreeSlots, each: boolean): { name: string; rank: number }[] {
  const verdicts = new Verdicts();
  verdicts.begin(slots.generation);
  const limits = requestedLimits(subject.ad);
  slots.learn(subject.reads);
  const match = new Match({ id: 1, job: subject, limits, verdicts }, slots, environment);
  const look = new Look({ id: 1, slots, hasRoom: () => undefined, longest: undefined }, match, 0, {
    lookedThrough: 0,
    byBuckets: false,
  });
  if (each) for (const one of slots.slotsSince(0)) look.addSlot(one);
  else for (const bucket of slots.bucketsSince(0)) look.addBucket(bucket);
  const found: { name: string; rank: number }[] = [];
  for (let best = look.best(); best !== undefined; best = look.best()) {
    const { pilot, candidate } = best;
    found.push({ name: pilot.facts.name, rank: candidate.rank });
    // It takes all that is free, so each pilot is found once.
    pilot.take('all', pilot.free);
    slots.update(pilot, 0);
    look.granted(candidate, pilot);
  }
  return found;
}

describe('a look at the free slots', () => {
  it('finds exactly the slots that fit one by one, the highest rank first', () => {
    fc.assert(
      fc.property(
        fc.array(job, { minLength: 1, maxLength: 3 }),
        fc.array(slot, { minLength: 1, maxLength: 12 }),
        fc.boolean(),
        (jobs, slotTexts, each) => {
          for (const texts of jobs) {
            const slots = new FreeSlots();
            const pilots = slotTexts.map((slotText, index) => {
              const name = `p${index}`;
              const ad = slotAd({ ...slotText, Name: `"${name}"` });
              const pilot = new Pilot({ uid: name, name, group: 'g', site: 's', slot: ad }, 0, 1e9);
              pilot.connection = { send: () => {}, sendPrinted: () => {}, close: () => {} };
              slots.update(pilot, 0);
              return pilot;
            });
            const ad = jobAd(texts);
            const expected = pilots.flatMap(({ facts, freeSlot, free }) => {
              const fit = fitOf(ad, freeSlot, environment);
              return fit.fits && free.cpus >= 1 ? [{ name: facts.name, rank: fit.rank }] : [];
            });
            const found = candidates(new PreparedJob(ad), slots, each);
            expect(found.toSorted(byName)).toEqual(expected.toSorted(byName));
            expect(found.map(({ rank }) => rank)).toEqual(
              expected.map(({ rank }) => rank).toSorted((a, b) => b - a),
            );
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});

const byName = (a: { name: string }, b: { name: string }): number => (a.name < b.name ? -1 : 1);
