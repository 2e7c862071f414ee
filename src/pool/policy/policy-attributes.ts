/**
 * Attributes with which a job itself decides when it is held, released, removed or stopped, and whether it stays in the queue
 * when it has ended.
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
