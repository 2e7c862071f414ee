import type { Clock } from '#base/clock.ts';
import {
  type UserPrioritiesAnswer,
  type UserPriority,
  type UserPriorityChange,
  userPrioritiesAnswer,
  userPrioritiesQuery,
  userPriority,
  userPriorityChange,
} from '#wire/user-priorities.ts';
import type { AccountBook } from '../accounting/account-book.ts';
import type { Accountant } from '../accounting/accountant.ts';
import type { Standing } from '../accounting/standing.ts';
import type { About } from '../audit/act.ts';
import type { AuditTrail } from '../audit/audit-trail.ts';
import { allCores } from '../collector/all-cores.ts';
import type { Collector } from '../collector/collector.ts';
import type { Autocluster } from '../negotiator/autocluster.ts';
import type { Autoclusters } from '../negotiator/autoclusters.ts';
import type { Volume } from '../spool/volume.ts';
import { inSlices } from './in-slices.ts';
import type { Door, Routes } from './route.ts';
import type { Turns } from './turns.ts';

/** The parts of the pool that these routes need. */
export interface AccountedPool {
  readonly accountant: Accountant;
  readonly accountBook: Pick<AccountBook, 'write'>;
  readonly autoclusters: Pick<Autoclusters, 'all'>;
  readonly collector: Collector;
  readonly clock: Clock;
  readonly audit: Pick<AuditTrail, 'doer' | 'whole'>;
  readonly volume: Pick<Volume, 'requireWritable'>;
}

const listDoor: Door = {
  summary: 'Priorities and use of submitters, and quotas of accounting groups',
  roles: ['submitter', 'operator'],
  answer: userPrioritiesAnswer,
};

const changeDoor: Door = {
  summary: 'Changes the factor, the priority or the recorded use of a submitter',
  roles: [],
  answer: userPriority,
  errors: ['NoSpace'],
};

/** Milliseconds without use after which a submitter is only listed on demand, as in HTCondor. */
const activeFor = 86_400_000;

/** Routes of the fair share: what condor_userprio shows and changes. */
export function userprioRoutes(app: Routes, pool: AccountedPool, turns: Turns): void {
  app.get(
    '/v1/userprio',
    { schema: { querystring: userPrioritiesQuery }, config: { door: listDoor } },
    async ({ query, identity }): Promise<UserPrioritiesAnswer> => {
      const { accountant, clock } = pool;
      const now = clock.monotonic();
      const { user } = query;
      const standings: Standing[] = [];
      const look = (standing: Standing): void => {
        if (user !== undefined || query.all || isActive(standing, now)) standings.push(standing);
      };
      const all =
        user === undefined
          ? accountant.standings(now)
          : [accountant.standing(accountant.submitterNamed(user), now)];
      const turn = () => turns.next(identity.subject);
      await inSlices(all, look, turn);
      if (user === undefined && !query.all) {
        const waiting = (await accountsThatWait(pool, turn)).map((each) => accountant.standing(each, now));
        standings.push(...waiting.filter((standing) => !isActive(standing, now)));
      }
      const cores = allCores(pool.collector);
      standings.sort((a, b) => a.priority - b.priority || (a.name < b.name ? -1 : 1));
      return {
        users: standings.slice(0, query.limit).map((standing) => viewOf(standing, clock)),
        more: Math.max(0, standings.length - query.limit),
        groups: accountant.groups(cores),
        cores,
        halfLifeSeconds: accountant.halfLife / 1000,
      };
    },
  );

  app.post(
    '/v1/userprio',
    { schema: { body: userPriorityChange }, config: { door: changeDoor, act: 'userprio' } },
    async ({ body, raw, identity }): Promise<UserPriority> => {
      const { accountant, accountBook, clock, volume, audit } = pool;
      volume.requireWritable();
      const submitter = accountant.submitterNamed(body.user);
      change(accountant, submitter, body, clock.monotonic());
      await accountBook.write(audit.whole(audit.doer(raw, identity), 'userprio', aboutOf(body)));
      return viewOf(accountant.standing(submitter, clock.monotonic()), clock);
    },
  );
}

/** What the audit says of a change: `ada`, and `setFactor 500`. */
function aboutOf({ user, action, ...values }: UserPriorityChange): About {
  return { object: user, reason: [action, ...Object.values(values)].join(' ') };
}

function change(accountant: Accountant, submitter: string, wish: UserPriorityChange, now: number): void {
  switch (wish.action) {
    case 'setFactor':
      accountant.setFactor(submitter, wish.factor, now);
      return;
    case 'setRealPriority':
      accountant.setRealPriority(submitter, wish.priority, now);
      return;
    case 'resetUsage':
      accountant.resetUsage(submitter, now);
      return;
    case 'forget':
      accountant.forget(submitter, now);
  }
}

/** Those with waiting jobs belong in the order of service, whether they have used anything or not. */
async function accountsThatWait(
  { accountant, autoclusters }: AccountedPool,
  turn: () => Promise<void>,
): Promise<string[]> {
  const accounts = new Set<string>();
  const look = ({ submitter, waiting }: Autocluster): void => {
    if (waiting.size > 0) accounts.add(accountant.accountOf(submitter));
  };
  await inSlices(autoclusters.all(), look, turn);
  return [...accounts];
}

const isActive = ({ cores, lastUsed, factorIsSet }: Standing, now: number): boolean =>
  cores > 0 || factorIsSet || (lastUsed !== undefined && now - lastUsed <= activeFor);

function viewOf(standing: Standing, clock: Clock): UserPriority {
  const { account: _, priority, began, lastUsed, group, ...said } = standing;
  const passed = clock.wall() - clock.monotonic();
  const seconds = (at: number): number => Math.floor((at + passed) / 1000);
  return {
    ...said,
    effectivePriority: priority,
    ...(group === undefined ? {} : { group }),
    ...(began === undefined ? {} : { firstUsed: seconds(began) }),
    ...(lastUsed === undefined ? {} : { lastUsed: seconds(lastUsed) }),
  };
}
