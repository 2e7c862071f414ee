import { asciiLower } from '#classad/names.ts';
import type { AdTexts } from '#wire/ad-texts.ts';

/** Attributes that only the pool writes: an ad that brings them could pass for another user's, or another state's. */
export const ownedAttributes: ReadonlySet<string> = new Set(
  [
    'ClusterId',
    'ProcId',
    'GlobalJobId',
    'Owner',
    'User',
    'QDate',
    'JobStatus',
    'EnteredCurrentStatus',
    'NumJobStarts',
    'NumJobCompletions',
    'JobCurrentStartDate',
    'CompletionDate',
    'RemoteWallClockTime',
    'RemoteHost',
    'LastRemoteHost',
    'HoldReason',
    'HoldReasonCode',
    'HoldReasonSubCode',
    'LastHoldReason',
    'LastHoldReasonCode',
    'LastHoldReasonSubCode',
    'NumHolds',
    'NumHoldsByReason',
    'ReleaseReason',
    'LastReleaseReason',
    'VacateReason',
    'VacateReasonCode',
    'VacateReasonSubCode',
    'LastVacateTime',
    'NumVacates',
    'NumShadowStarts',
    'ShadowBday',
    'JobStartDate',
    'RemoveReason',
    'ExitCode',
    'ExitBySignal',
    'ExitSignal',
  ].map(asciiLower),
);

/** The texts without what is the pool's to say; the same object when there is nothing of that. */
export function withoutOwned(texts: AdTexts): AdTexts {
  const entries = Object.entries(texts);
  const kept = entries.filter(([name]) => !ownedAttributes.has(asciiLower(name)));
  return kept.length === entries.length ? texts : Object.fromEntries(kept);
}
