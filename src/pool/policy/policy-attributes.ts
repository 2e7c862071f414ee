/**
 * Attributes by which a job says itself when it is to be held, released, removed or stopped, and whether it is shown in the
 * queue when it has ended.
 */
export const decidingAttributes = [
  'AllowedJobDuration',
  'AllowedExecuteDuration',
  'PeriodicVacate',
  'TimerRemove',
  'PeriodicHold',
  'PeriodicRelease',
  'PeriodicRemove',
  'LeaveJobInQueue',
] as const;
