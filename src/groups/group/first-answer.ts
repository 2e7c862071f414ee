import type { GroupContext } from './context.ts';

/** Seconds in which a pool is expected to answer to a new leader. */
const patience = 10;

/**
 * Right after a change of leaders no pool has said yet who is registered, and every pilot looks as if it were not: what
 * the leader before wrote of the group is nearer to the truth than anything that could be written now.
 */
export const awaitsFirstAnswer = ({ heard, group }: Pick<GroupContext, 'heard' | 'group'>): boolean =>
  !heard.known &&
  heard.last === undefined &&
  heard.forSeconds < patience &&
  group.status?.observedGeneration === group.metadata.generation;
