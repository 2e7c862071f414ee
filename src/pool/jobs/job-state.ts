/**
 * The states of a job; numbers and names are HTCondor's JobStatus.
 *
 * | from    | event                                        | to        |
 * |---------|----------------------------------------------|-----------|
 * | –       | submit                                       | Idle      |
 * | –       | submit with hold                             | Held      |
 * | Idle    | claim                                        | Running   |
 * | Running | end: exited or signalled, no retry left      | Completed |
 * | Running | end: exited, a retry is left                 | Idle, backing off |
 * | Running | end: pilot to blame, stopped                 | Idle      |
 * | Running | lost                                         | Idle, backing off if it had started |
 * | Running | lost: the fifth pilot under it               | Held      |
 * | Running | end: job to blame, output missing, too much used | Held  |
 * | Running | end: too much memory used, and the job's own transform asks for more | Idle |
 * | Running | end: the third pilot in a row had no time for it | Held  |
 * | Idle, Running | hold                                   | Held      |
 * | Running | vacate                                       | Idle      |
 * | Held    | release                                      | Idle      |
 * | Idle, Running, Held | remove                           | Removed   |
 *
 * A claim begins with `claim` and ends with `end` or `lost`. If a running job is held, removed or vacated, its claim is
 * *ending*: it remains, whatever the state of the job, until `over` says that the payload is dead. Until then an Idle job is
 * not matched, and a Removed one stays in the queue's memory.
 *
 * What a running job saves (`checkpoint`) changes no state: the same execution goes on from it, or a later one of another claim. HTCondor's
 * Suspended has no counterpart, because pilots run what they have accepted, nor has TransferringOutput: files travel while Running.
 *
 * A job that backs off is Idle and not matched for a while, which is longer after each failure in a row.
 *
 * Completed and Removed are final: the job moves to the history, or, if it asks to stay in the queue, does so at `leave`.
 */
export const jobStates = { Idle: 1, Running: 2, Removed: 3, Completed: 4, Held: 5 } as const;

export type JobState = keyof typeof jobStates;

export const isFinal = (state: JobState): boolean => state === 'Completed' || state === 'Removed';
