import type { AdTexts } from '#wire/ad-texts.ts';
import type { Resources } from '#wire/claim.ts';

/** What a claim takes, by the attribute of the slot that says how much there is. */
const attributes = { cpus: 'Cpus', memory: 'Memory', disk: 'Disk', gpus: 'GPUs' } as const;

/**
 * Says what a claim takes beyond the pilot's whole slot; undefined: nothing. A pool that matches by the pilot's ad sends no
 * such claim. Its payload could not be kept to its share, and would have numbers of GPUs that do not exist.
 * @param slot the ad of the whole slot
 */
export function beyondSlot(resources: Resources, slot: AdTexts): string | undefined {
  for (const [what, attribute] of Object.entries(attributes) as [keyof Resources, string][]) {
    const most = Number(slot[attribute]);
    if (resources[what] > most)
      return `the claim takes ${resources[what]} of ${attribute}, and the pilot has ${most}`;
  }
  return undefined;
}
