import { isOnSubmitter } from './container.ts';
import { type Attributes, type GivenValue, type Producer, quote, type Read } from './given-value.ts';

/** What ends the retries, beside that they are used up: success, and the user's own condition. */
function untilConditions(read: Read): string[] {
  const success = read('success_exit_code') === undefined ? '0' : 'JobSuccessExitCode';
  const until = read('retry_until');
  const conditions = ['NumJobCompletions > JobMaxRetries', `ExitCode =?= ${success}`];
  if (until === undefined) return conditions;
  const isCode = /^[-+]?[0-9]+$/.test(until.text);
  return [...conditions, isCode ? `ExitCode =?= ${until.integer()}` : joined(until)];
}

/** An expression as a part of others that `||` joins: in parentheses where it needs them. */
function joined(value: GivenValue): string {
  const parsed = value.parsed();
  return parsed.kind === 'conditional' ? `(${value.expression()})` : value.expression();
}

/** JobMaxRetries and OnExitRemove (condor_submit manual, `max_retries`); two retries when only an end is given. */
export const retries: Producer = {
  reads: ['max_retries', 'success_exit_code', 'retry_until', 'on_exit_remove', 'on_exit_hold'],
  make(read) {
    const remove = read('on_exit_remove');
    // Whoever says when the job is over also says when it is held then: never, if nothing is given.
    const held = read('on_exit_hold') === undefined ? { OnExitHold: 'false' } : {};
    const retryCommands = ['max_retries', 'success_exit_code', 'retry_until'];
    if (retryCommands.every((command) => read(command) === undefined)) {
      return remove === undefined ? {} : { OnExitRemove: remove.expression() };
    }
    const code = read('success_exit_code')?.integer();
    const conditions = untilConditions(read);
    if (remove !== undefined) conditions.push(joined(remove));
    return {
      JobMaxRetries: read('max_retries')?.integer(0) ?? '2',
      ...(code !== undefined && { JobSuccessExitCode: code }),
      OnExitRemove: conditions.join(' || '),
      ...held,
    };
  },
};

/** JobStatus: 1 is Idle; 5 is Held, with hold code 15, SubmittedOnHold. */
export const hold: Producer = {
  reads: ['hold'],
  make(read) {
    if (read('hold')?.boolean() !== true) return { JobStatus: '1' };
    return { JobStatus: '5', HoldReason: quote("submitted on hold at user's request"), HoldReasonCode: '15' };
  },
};

/** JobLeaseDuration: 40 minutes, never less than 20 seconds; a job beside the schedd has no pilot that could lose it. */
export const lease: Producer = {
  reads: ['job_lease_duration', 'universe'],
  make(read) {
    const value = read('job_lease_duration');
    if (value === undefined) return isOnSubmitter(read) ? {} : { JobLeaseDuration: '2400' };
    const isShort = /^1?[0-9]$/.test(value.text);
    return { JobLeaseDuration: isShort ? '20' : value.expression() };
  },
};

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
            `"${name?.slice(0, 40)}" is not a name`,
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

/** A user whose jobs take what others leave. */
function niceUser(owner: string): Attributes {
  return {
    AcctGroup: quote('nice-user'),
    AcctGroupUser: quote(owner),
    AccountingGroup: quote(`nice-user.${owner}`),
    MaxJobRetirementTime: '0',
  };
}
