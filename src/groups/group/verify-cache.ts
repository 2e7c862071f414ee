import type { Clock } from '#base/clock.ts';
import type { KubeClient } from '#kube/client.ts';
import { pods } from '#kube/resource.ts';
import type { Informers } from '../cluster/informers.ts';
import { labelOf } from '../cluster/names.ts';
import type { GroupResource } from '../cluster/resources.ts';
import type { Expectations } from '../pilots/expectations.ts';
import { podName } from '../pods/numbers.ts';

/**
 * Whether the informer's cache of this group's pods is at least as new as its reserved numbers. A number that is
 * no longer reserved tells of a pod, so whoever decides by the numbers must know that pod: another process may have created
 * it a moment ago. As long as only this process changes the numbers, its memory is proof enough; after somebody else did
 * (an earlier life, another leader), the API server itself is asked once.
 */
export async function isCacheFresh(
  group: GroupResource,
  expectations: Expectations,
  {
    client,
    informers,
  }: { readonly client: Pick<KubeClient, 'list'>; readonly informers: Pick<Informers, 'pods'> },
  signal: AbortSignal,
): Promise<boolean> {
  const reserved = group.status?.reservedNumbers;
  if (expectations.isVerified(reserved)) return true;
  const { namespace = '', name } = group.metadata;
  const labelSelector = `${labelOf.group}=${name},${labelOf.component}=pilot`;
  const { items } = await client.list(pods, { namespace, labelSelector }, signal);
  const { store } = informers.pods;
  if (items.some(({ metadata }) => store.get(metadata)?.metadata.uid !== metadata.uid)) return false;
  expectations.verify(reserved);
  return true;
}

/** Asks the API server itself about pods that it confirmed and the informer never showed: they may have gone at once. */
export async function settleOverdue(
  { metadata: { namespace = '', name } }: GroupResource,
  expectations: Expectations,
  { client, clock }: { readonly client: Pick<KubeClient, 'find'>; readonly clock: Clock },
  signal: AbortSignal,
): Promise<void> {
  for (const number of expectations.overdue(clock.monotonic())) {
    const found = await client.find(pods, { namespace, name: podName(name, number) }, signal);
    expectations.settle(number, found !== undefined);
  }
}
