import { truncate } from '#base/truncate.ts';
import { type Attributes, type Producer, quote } from './given-value.ts';

const accountingName = /^[\w.@-]{1,256}$/;

/** AccountingGroup is `group.user`, AcctGroup and AcctGroupUser are its parts (condor_submit manual). */
export function accounting(owner: string): Producer {
  return {
    reads: ['accounting_group', 'accounting_group_user', 'nice_user'],
    make(read) {
      if (read('nice_user')?.boolean() === true) return niceUser(owner);
      const names = ['accounting_group', 'accounting_group_user'].map((command) => {
        const value = read(command);
        const name = value?.unquoted();
        if (value !== undefined && !accountingName.test(name ?? '')) {
          throw value.fault(
            `"${truncate(name ?? '', 40)}" is not a name`,
            'write letters, digits and "_", parts with "."',
          );
        }
        return name;
      });
      const [group, user = owner] = names;
      if (group === undefined && names[1] === undefined) return {};
      return {
        ...(group !== undefined && { AcctGroup: quote(group) }),
        AcctGroupUser: quote(user),
        AccountingGroup: quote(group === undefined ? user : `${group}.${user}`),
      };
    },
  };
}

/** The accounting attributes of nice_user: its jobs only get what others leave unused. */
function niceUser(owner: string): Attributes {
  return {
    AcctGroup: quote('nice-user'),
    AcctGroupUser: quote(owner),
    AccountingGroup: quote(`nice-user.${owner}`),
    MaxJobRetirementTime: '0',
  };
}
