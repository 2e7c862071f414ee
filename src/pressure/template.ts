import type { GlideinGroupSpec } from '#api/glidein-group.ts';
import { architecture } from '#base/architecture.ts';
import { ClassAd } from '#classad/class-ad.ts';
import { slotAttributes } from '#spec/slot-attributes.ts';

/** The label that names the processor of a node. */
const archLabel = 'kubernetes.io/arch';

type Templated = Pick<GlideinGroupSpec, 'pilot' | 'template'>;

/**
 * The slot ad that a fresh pilot of this group would register. Jobs are matched with it before the pilot exists.
 * @param arch the processor of pilots that may go to any node, by Node's or Kubernetes' name
 * @throws GlideinError InvalidExpression when the start expression, or another one, does not parse
 */
export function templateOf({ pilot, template }: Templated, arch: string): ClassAd {
  const ad = new ClassAd();
  const attributes = slotAttributes(pilot, architecture(selectedArch(template) ?? arch));
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'object') ad.setText(name, value.expression);
    else ad.setValue(name, value);
  }
  return ad;
}

/** The processor to which the group's pods are bound, if it is only one. */
function selectedArch({ spec }: GlideinGroupSpec['template']): string | undefined {
  const selected = spec.nodeSelector[archLabel];
  if (selected !== undefined) return selected;
  const required = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  const terms = required?.nodeSelectorTerms ?? [];
  const values = terms.map(
    ({ matchExpressions }) =>
      matchExpressions?.find(({ key, operator }) => key === archLabel && operator === 'In')?.values,
  );
  const distinct = new Set(values.map((each) => (each?.length === 1 ? each[0] : undefined)));
  return distinct.size === 1 ? [...distinct][0] : undefined;
}
