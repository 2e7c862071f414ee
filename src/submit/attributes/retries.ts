import type { GivenValue, Producer, Read } from './given-value.ts';

/** What ends the retries: that they are used up, success, and the user's own condition. */
function untilConditions(read: Read): string[] {
  const success = read('success_exit_code') === undefined ? '0' : 'JobSuccessExitCode';
  const until = read('retry_until');
  const conditions = ['NumJobCompletions > JobMaxRetries', `ExitCode =?= ${success}`];
  if (until === undefined) return conditions;
  const isCode = /^[-+]?[0-9]+$/.test(until.text);
  return [...conditions, isCode ? `ExitCode =?= ${until.integer()}` : joined(until)];
}

/** An expression to be joined with others by `||`, in parentheses if it needs them. */
function joined(value: GivenValue): string {
  const parsed = value.parsed();
  return parsed.kind === 'conditional' ? `(${value.expression()})` : value.expression();
}

/** JobMaxRetries and OnExitRemove (condor_submit manual, `max_retries`); two retries when only a condition to stop is given. */
export const retries: Producer = {
  reads: ['max_retries', 'success_exit_code', 'retry_until', 'on_exit_remove', 'on_exit_hold'],
  make(read) {
    const remove = read('on_exit_remove');
    // With a retry policy, condor_submit also sets OnExitHold: to false, unless it is given.
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
