import { ClassAd } from '#classad/class-ad.ts';
import type { PilotSpec } from '#spec/pilot.ts';
import { slotAttributes } from '#spec/slot-attributes.ts';

/** The slot ad that a fresh pilot of this specification would register: what jobs are matched with before it is there. */
export function templateOf(spec: PilotSpec): ClassAd {
  const ad = new ClassAd();
  for (const [name, value] of Object.entries(slotAttributes(spec))) {
    if (typeof value === 'object') ad.setText(name, value.expression);
    else ad.setValue(name, value);
  }
  return ad;
}
