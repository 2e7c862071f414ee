import { describe, expect, it } from 'vitest';
import { PreparedJob } from '#match/prepared-job.ts';
import { jobAd, slotAd } from '#testing/ads.ts';
import { Pilot } from '../collector/pilot.ts';
import { FreeSlots } from './free-slots.ts';
import { Look } from './look.ts';
import { Match } from './match.ts';
import { requestedLimits } from './requested-limits.ts';
import { Verdicts } from './verdicts.ts';

const minute = 60_000;

describe('pilots that retire soon', () => {
  const slots = () => {
    const all = new FreeSlots();
    const pilot = (name: string, retireIn: number, cores = 4) => {
      const slot = slotAd({ Cpus: String(cores), Memory: '100000' });
      const made = new Pilot({ uid: name, name, group: 'g', site: 's', slot }, 0, retireIn);
      made.endAt = retireIn + 60 * minute;
      made.connection = { send: () => {}, sendPrinted: () => {}, close: () => {} };
      all.update(made, 0);
      return made;
    };
    return { all, pilot };
  };
  const lookAt = (all: FreeSlots, longest: number | undefined, now: number) => {
    const ad = jobAd();
    const job = new PreparedJob(ad);
    const verdicts = new Verdicts();
    verdicts.begin(all.generation);
    const subject = { id: 1, job, limits: requestedLimits(ad), verdicts };
    const match = new Match(subject, all, {});
    const look = new Look({ id: 1, slots: all, longest, hasRoom: () => undefined }, match, now, {
      lookedThrough: 0,
      byBuckets: false,
    });
    for (const bucket of all.bucketsSince(0)) look.addBucket(bucket);
    return { look, match };
  };
  const placesOf = (all: FreeSlots, longest: number | undefined, now: number): string[] => {
    const { look } = lookAt(all, longest, now);
    const places: string[] = [];
    for (let best = look.best(); best !== undefined; best = look.best()) {
      const { pilot, candidate } = best;
      places.push(pilot.facts.name);
      pilot.take(`claim-${places.length}`, candidate.takes);
      all.update(pilot, now);
      look.granted(candidate, pilot);
    }
    return places;
  };

  it('get jobs first that are known to end before they do', () => {
    const { all, pilot } = slots();
    pilot('soon', 20 * minute, 2);
    pilot('later', 600 * minute, 2);
    expect(placesOf(all, 70 * minute, 0)).toEqual(['soon', 'soon', 'later', 'later']);
  });

  it('get no job first that would have ended before they do if its submitter had not had to wait for a turn', () => {
    const { all, pilot } = slots();
    const [soon, later] = [pilot('soon', 20 * minute, 2), pilot('later', 600 * minute, 2)];
    const { look, match } = lookAt(all, 70 * minute, 0);
    expect(look.best()?.pilot).toBe(soon);
    look.goOn(match, 15 * minute);
    expect(look.best()?.pilot).toBe(later);
  });

  it.each([81 * minute, undefined])(
    'get a job of %s milliseconds last, as it may not end before they do',
    (longest) => {
      const { all, pilot } = slots();
      pilot('soon', 20 * minute, 2);
      pilot('later', 600 * minute, 2);
      expect(placesOf(all, longest, 0)).toEqual(['later', 'later', 'soon', 'soon']);
    },
  );

  it('count as such from half an hour before they retire, and get nothing once they have', () => {
    const { all, pilot } = slots();
    pilot('old', 100 * minute, 1);
    pilot('young', 600 * minute, 1);
    all.retire(69 * minute);
    expect(all.bucketsSince(0).flatMap(({ lots }) => lots.map(({ leaving }) => leaving))).toEqual([false]);
    all.retire(70 * minute);
    expect(placesOf(all, 5 * minute, 70 * minute)).toEqual(['old', 'young']);
    const other = slots();
    other.pilot('old', 100 * minute, 1);
    other.all.retire(100 * minute);
    expect(placesOf(other.all, undefined, 100 * minute)).toEqual([]);
  });
});
