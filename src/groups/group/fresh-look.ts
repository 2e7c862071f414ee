import { pods } from '#kube/resource.ts';
import { labelOf } from '../cluster/labels.ts';
import { podName } from '../pods/numbers.ts';
import type { GroupContext } from './context.ts';
import { textOf } from './write-status.ts';

/** How long the copy of the cluster may take to show a pod that the API server has confirmed, milliseconds. */
const patience = 30_000;

/**
 * Whether the copy of this group's pods is at least as new as its reserved numbers. These tell of pods by what is
 * missing among them, so whoever decides by them must know these pods: another process may have created them a moment
 * ago. As long as only this process changes them, its own memory is proof enough; after somebody else did (an earlier
 * life, another leader) the API server itself is asked once.
 */
export async function isCopyFresh(context: GroupContext): Promise<boolean> {
  const { parts, group, memory, signal } = context;
  const reserved = textOf(group);
  if (memory.verified === reserved) return true;
  const { namespace = '', name } = group.metadata;
  const labelSelector = `${labelOf.group}=${name},${labelOf.component}=pilot`;
  const { items } = await parts.client.list(pods, { namespace, labelSelector }, signal);
  const { store } = parts.informers.pods;
  if (items.some(({ metadata }) => store.get(metadata)?.metadata.uid !== metadata.uid)) return false;
  memory.verified = reserved;
  // Whatever was decided until now may have been decided without these pods.
  memory.epoch += 1;
  return true;
}

/** Numbers whose pods were confirmed and never seen: gone before anybody looked. They are spent. */
export async function settleUnseen({ parts, group, memory, signal }: GroupContext): Promise<void> {
  const { namespace = '', name } = group.metadata;
  const now = parts.clock.monotonic();
  for (const [number, at] of memory.confirmed) {
    if (now - at < patience) continue;
    const key = { namespace, name: podName(name, number) };
    if ((await parts.client.find(pods, key, signal)) === undefined) memory.spent.add(number);
    memory.confirmed.delete(number);
    memory.inWork.delete(number);
  }
}
