import type { GroupMemory } from '../pilots/group-memory.ts';

/** A refusal after which nothing was asked for so long is forgotten, milliseconds. */
const forgetAfter = 600_000;

/** Whether the API server is not to be asked yet. A refusal of long ago says nothing about today. */
export function isRefusedNow(memory: GroupMemory, now: number): boolean {
  const { refusal } = memory;
  if (refusal !== undefined && now - refusal.until > forgetAfter) memory.refusal = undefined;
  return refusal !== undefined && refusal.until > now;
}
