import { holdName } from '#base/hold-codes.ts';
import { ClassAd } from '#classad/class-ad.ts';
import type { Hold, Job } from './job.ts';

/**
 * Sets HTCondor's attributes about past holds, releases and vacates (see the job ClassAd attributes in its manual). A job that
 * was never held or vacated has only NumHolds.
 */
export function setPast(ad: ClassAd, job: Pick<Job, 'hold' | 'holds' | 'vacated'>): void {
  setHold(ad, '', job.hold);
  setHolds(ad, job);
  setVacated(ad, job.vacated);
}

function setHold(ad: ClassAd, prefix: '' | 'Last', hold: Hold | undefined): void {
  if (hold === undefined) return;
  ad.setValue(`${prefix}HoldReason`, hold.reason);
  ad.setValue(`${prefix}HoldReasonCode`, hold.code);
  ad.setValue(`${prefix}HoldReasonSubCode`, hold.subcode ?? 0);
}

function setHolds(ad: ClassAd, { hold, holds }: Pick<Job, 'hold' | 'holds'>): void {
  // Older versions recorded holds without counting them.
  const byCode = holds?.byCode ?? (hold === undefined ? {} : { [hold.code]: 1 });
  const counts = Object.entries(byCode);
  ad.setValue(
    'NumHolds',
    counts.reduce((sum, [, count]) => sum + count, 0),
  );
  if (counts.length === 0) return;
  const byReason = new ClassAd();
  for (const [code, count] of counts) byReason.setValue(holdName(Number(code)), count);
  ad.setValue('NumHoldsByReason', byReason);
  setHold(ad, 'Last', holds?.last);
  if (holds?.released !== undefined) ad.setValue('ReleaseReason', holds.released);
  if (holds?.releasedBefore !== undefined) ad.setValue('LastReleaseReason', holds.releasedBefore);
}

function setVacated(ad: ClassAd, vacated: Job['vacated']): void {
  if (vacated === undefined) return;
  ad.setValue('VacateReason', vacated.reason);
  ad.setValue('VacateReasonCode', vacated.code);
  ad.setValue('VacateReasonSubCode', vacated.subcode ?? 0);
  ad.setValue('LastVacateTime', Math.floor(vacated.at / 1000));
  ad.setValue('NumVacates', vacated.count);
}
