import type { Account } from './account.ts';
import { displayName, partsOf } from './submitter-name.ts';

/** How a submitter stands with the pool. Times are milliseconds of the accountant's clock. */
export interface Standing {
  /** The name of the account, which no other has. */
  readonly account: string;
  /** The name for people: `GROUP.USER`, or the user alone. */
  readonly name: string;
  readonly user: string;
  /** The group whose quota it uses; undefined if it belongs to none. */
  readonly group: string | undefined;
  /** Effective user priority: the lower, the earlier it is served. */
  readonly priority: number;
  readonly realPriority: number;
  readonly factor: number;
  /** Whether an admin has set the factor. */
  readonly factorIsSet: boolean;
  /** In use now. */
  readonly cores: number;
  /** Used so far. */
  readonly coreHours: number;
  /** When it was first charged; undefined if never. */
  readonly began: number | undefined;
  /** When it last used anything; undefined if never. */
  readonly lastUsed: number | undefined;
}

const millisecondsInHour = 3_600_000;

export function standingOf(account: Account, now: number, halfLife: number): Standing {
  const { priority, used, began, lastUsed } = account.at(now, halfLife);
  const factor = account.factorInForce;
  return {
    account: account.name,
    name: displayName(account.name),
    user: partsOf(account.name).user,
    group: account.group.parent === undefined ? undefined : account.group.name,
    priority: priority * factor,
    realPriority: priority,
    factor,
    factorIsSet: account.factor !== undefined,
    cores: account.use,
    coreHours: used / millisecondsInHour,
    began,
    lastUsed,
  };
}
