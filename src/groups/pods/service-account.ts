import { serviceAccounts } from '#kube/resource.ts';
import { labelOf, managedBy } from '../cluster/labels.ts';
import { pilotAccount } from '../cluster/pilot-account.ts';
import type { GroupContext } from '../group/context.ts';

/** How long an account that was made is taken to be there, milliseconds. */
const remembered = 600_000;

/** Makes the service account of a namespace's pilots: an identity that pools know, without rights, never mounted. */
export class PilotAccounts {
  readonly #madeAt = new Map<string, number>();

  async ensure({ parts, group, signal }: GroupContext): Promise<void> {
    const namespace = group.metadata.namespace ?? '';
    const now = parts.clock.monotonic();
    const made = this.#madeAt.get(namespace);
    if (made !== undefined && now - made < remembered) return;
    const account = {
      metadata: { name: pilotAccount, namespace, labels: { [labelOf.managedBy]: managedBy } },
      automountServiceAccountToken: false,
    };
    await parts.client.apply(serviceAccounts, account, {}, signal);
    this.#madeAt.set(namespace, now);
  }
}
