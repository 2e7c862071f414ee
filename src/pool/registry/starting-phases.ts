import type { GroupBid } from '#wire/bid.ts';

/** The phases of pilots that have been started and are not registered yet, in their order. */
export const startingPhases: readonly string[] = ['Unscheduled', 'Pulling', 'Starting', 'Validating'];

/** How many pilots of a group have pods and are not registered yet: all that an older site says of those on their way. */
export const startingByPhase = ({ phases }: Pick<GroupBid, 'phases'>): number =>
  startingPhases.reduce((sum, phase) => sum + (phases[phase] ?? 0), 0);
