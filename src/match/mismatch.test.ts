import { describe, expect, it } from 'vitest';
import { jobAd, slotAd } from '#testing/ads.ts';
import { mismatchOf } from './mismatch.ts';

describe('mismatches', () => {
  it('with a slot name the clause that fails, beside Start or within it', () => {
    const slot = slotAd({
      Start: 'TARGET.Owner == "ada" && TARGET.Cpus < 9',
      Requirements: 'Start && (TARGET.WantDirect =?= true)',
    });
    const clauseFor = (owner: string) => {
      const mismatch = mismatchOf(jobAd({ Owner: `"${owner}"`, Cpus: '1' }), slot);
      return mismatch !== undefined && 'clause' in mismatch ? mismatch.clause : undefined;
    };
    expect(clauseFor('ada')).toBe('TARGET.WantDirect is true');
    expect(clauseFor('bob')).toBe('TARGET.Owner == "ada"');
  });

  it('a clause of many pages is printed once, however many slots it does not match', () => {
    const pages = Array.from({ length: 30_000 }, (_, index) => index).join(', ');
    const job = jobAd({
      Requirements: `TARGET.Cpus > 0 && (TARGET.Cpus > 100 ? member(1, {${pages}}) : false)`,
    });
    const slot = slotAd();
    const mismatches = Array.from({ length: 30_000 }, () => mismatchOf(job, slot));
    expect(new Set(mismatches.map((one) => JSON.stringify(one))).size).toBe(1);
    expect(JSON.stringify(mismatches[0])).toMatch(/TARGET.Cpus > 100.*…/);
    expect(JSON.stringify(mismatches[0]).length).toBeLessThan(400);
  });
});
