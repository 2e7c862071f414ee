import type { ClassAd } from '#classad/class-ad.ts';
import type { GroupSupply, PilotSupply } from './demand.ts';

/** How many slots are remembered of a group, the newest. */
const remembered = 8;

/** What pilots of a group registered, however they were declared. */
export interface Came {
  /** What the group declared at that time, as text: another declaration is worth other trials. */
  readonly declared: string;
  /** Whole slots, by uid, oldest first; also of pilots that have left. */
  readonly slots: ReadonlyMap<string, ClassAd>;
}

/** Adds the pilots that are there and idle, so that their slots are whole. */
export function cameOf(
  group: GroupSupply,
  registered: readonly PilotSupply[],
  before: Came | undefined,
): Came {
  const declared = JSON.stringify(group.template.toTexts());
  const slots = new Map(before?.declared === declared ? before.slots : []);
  const whole = registered.filter(({ state, connected }) => state === 'Idle' && connected);
  for (const { uid, free } of whole.slice(-remembered)) {
    slots.delete(uid);
    slots.set(uid, free);
  }
  return { declared, slots: new Map([...slots].slice(-remembered)) };
}
