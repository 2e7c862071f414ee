import { ClassAd } from '#classad/class-ad.ts';
import { pilotSpec } from '#spec/pilot.ts';
import { slotAttributes } from '#spec/slot-attributes.ts';
import type { AdTexts } from '#wire/ad-texts.ts';

/** The slot of a pilot of four cores, with the attributes and the Requirements that real pilots register. */
export function realSlot(): AdTexts {
  const ad = new ClassAd();
  const spec = pilotSpec.parse({ cpus: 4, memory: '4Gi', disk: '10Gi' });
  for (const [name, value] of Object.entries(slotAttributes(spec, 'X86_64'))) {
    if (typeof value === 'object') ad.setText(name, value.expression);
    else ad.setValue(name, value);
  }
  return ad.toTexts();
}
