/**
 * The states of a job; numbers and names are HTCondor's JobStatus.
 *
 * | from    | event                                        | to        |
 * |---------|----------------------------------------------|-----------|
 * | –       | submit                                       | Idle      |
 * | –       | submit with hold                             | Held      |
 * | Idle    | claim                                        | Running   |
 * | Running | end: exited or signalled, no retry left      | Completed |
 * | Running | end: exited, a retry is left                 | Idle, resting |
 * | Running | end: pilot to blame, stopped                 | Idle      |
 * | Running | lost                                         | Idle, resting if it had started |
 * | Running | lost: the fifth pilot under it               | Held      |
 * | Running | end: job to blame, output missing, too much used | Held  |
 * | Running | end: the third pilot in a row had no time for it | Held  |
 * | Idle, Running | hold                                   | Held      |
 * | Running | vacate                                       | Idle      |
 * | Held    | release                                      | Idle      |
 * | Idle, Running, Held | remove                           | Removed   |
 *
 * A claim begins with `claim` and ends with `end` or `lost`. When a running job is held, removed or vacated, the claim is ending:
 * it stays, in whatever state the job is then, until `over` says that the payload is dead. Until then an Idle job is
 * given to nobody, and a Removed one stays in the queue's memory.
 *
 * A job that rests is Idle and not matched for a while, longer after each failure in a row.
 *
 * Completed and Removed are final: the job moves to the history; one that asks to be shown in the queue moves at `leave`.
 */
export const jobStates = { Idle: 1, Running: 2, Removed: 3, Completed: 4, Held: 5 } as const;

export type JobState = keyof typeof jobStates;

export const isFinal = (state: JobState): boolean => state === 'Completed' || state === 'Removed';
