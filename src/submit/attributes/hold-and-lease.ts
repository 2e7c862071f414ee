import { holdCodes, submittedOnHoldReason } from '#base/hold-codes.ts';
import { isOnSubmitter } from './container.ts';
import { type Producer, quote } from './given-value.ts';

/** JobStatus: 1 is Idle; 5 is Held, with hold code 15, SubmittedOnHold. */
export const hold: Producer = {
  reads: ['hold'],
  make(read) {
    if (read('hold')?.boolean() !== true) return { JobStatus: '1' };
    return {
      JobStatus: '5',
      HoldReason: quote(submittedOnHoldReason),
      HoldReasonCode: String(holdCodes.submittedOnHold),
    };
  },
};

/** JobLeaseDuration: 40 minutes by default, at least 20 seconds; absent for a job beside the schedd, which has no pilot. */
export const lease: Producer = {
  reads: ['job_lease_duration', 'universe'],
  make(read) {
    const value = read('job_lease_duration');
    if (value === undefined) return isOnSubmitter(read) ? {} : { JobLeaseDuration: '2400' };
    const isShort = /^1?[0-9]$/.test(value.text);
    return { JobLeaseDuration: isShort ? '20' : value.expression() };
  },
};
