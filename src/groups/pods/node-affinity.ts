import type { PodTemplate } from '#api/pod-template.ts';

type Affinity = NonNullable<PodTemplate['spec']['affinity']>;

/** Where a pod may run: as the template says, and on none of these nodes. Each way to meet the template's terms has to exclude them. */
export function affinityAwayFrom(
  affinity: Affinity | undefined,
  nodes: readonly string[],
): object | undefined {
  if (nodes.length === 0) return affinity;
  // The API server takes one name in each.
  const matchFields = nodes.map((node) => ({ key: 'metadata.name', operator: 'NotIn', values: [node] }));
  const required = 'requiredDuringSchedulingIgnoredDuringExecution';
  const terms = affinity?.nodeAffinity?.[required]?.nodeSelectorTerms ?? [];
  const away = (terms.length === 0 ? [{}] : terms).map((term) => ({
    ...term,
    matchFields: [...('matchFields' in term ? (term.matchFields ?? []) : []), ...matchFields],
  }));
  return {
    ...affinity,
    nodeAffinity: { ...affinity?.nodeAffinity, [required]: { nodeSelectorTerms: away } },
  };
}
