import { Accountant } from '#pool/accounting/accountant.ts';
import { allows } from '#pool/accounting/turn.ts';
import type { Divider } from './simulate.ts';
import type { UserPlan, Workload } from './workload.ts';

/** A second per cycle. */
const cycle = 1000;

/** The pool's own accountant as the one who divides. */
export function byAccountant({ groups, users, halfLife, cores }: Workload): Divider {
  const accountant = new Accountant();
  accountant.configure({ halfLife: `${halfLife}s`, groups: [...groups] }, 0);
  for (const { submitter, factor } of users) accountant.setFactor(submitter, factor, 0);
  const bySubmitter = new Map<string, UserPlan>(users.map((user) => [user.submitter, user]));
  return {
    begins: ({ submitter }, now) => accountant.charge(submitter, 1, now * cycle),
    ends: ({ submitter }, now) => accountant.charge(submitter, -1, now * cycle),
    spin: (waiting, now) =>
      accountant
        .turns(
          waiting.map(({ submitter }) => ({ submitter, cores: 1e6 })),
          cores,
          now * cycle,
        )
        .flatMap((turn) => {
          const user = bySubmitter.get(turn.submitter);
          return user === undefined ? [] : [{ user, allowsMore: (got: number) => allows(turn, got, 1) }];
        }),
  };
}
