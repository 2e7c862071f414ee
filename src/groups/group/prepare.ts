import type { Isolation } from '../isolation/isolation.ts';
import { probeIsolation } from '../isolation/probe.ts';
import type { Fault } from '../pods/faults.ts';
import type { IsolationTier } from '../pods/security.ts';
import type { PilotAccounts } from '../pods/service-account.ts';
import { hearComplaints } from '../pods/warnings.ts';
import type { GroupContext } from './context.ts';
import { isCopyFresh } from './fresh-look.ts';
import { faultOfGroup } from './readiness.ts';

/** What has to be there before a pilot can be created, as far as it is. */
export interface Readiness {
  readonly blocker: Fault | undefined;
  readonly isolation: Isolation | undefined;
  readonly make: { readonly tier: IsolationTier; readonly poolUrl: string } | undefined;
  /** Whether the copy of the pods may be decided by. */
  readonly isFresh: boolean;
}

/** Looks whether pilots could be created, and brings about what is missing. */
export async function prepare(context: GroupContext, accounts: PilotAccounts): Promise<Readiness> {
  const missing = faultOfGroup(context);
  const poolUrl = context.pool?.status?.address;
  if (missing !== undefined || poolUrl === undefined) {
    return { blocker: missing, isolation: undefined, make: undefined, isFresh: true };
  }
  await accounts.ensure(context);
  await hearComplaints(context);
  const isolation = await probeIsolation(context, poolUrl);
  const { tier } = isolation;
  if (tier === undefined) {
    return { blocker: isolation.blocker, isolation, make: undefined, isFresh: true };
  }
  const isFresh = await isCopyFresh(context);
  return { blocker: undefined, isolation, make: { tier, poolUrl }, isFresh };
}
