import type { Clock } from '#base/clock.ts';
import type { KubeClient } from '#kube/client.ts';
import { serviceAccounts } from '#kube/resource.ts';
import { labelOf, managedBy, pilotAccount } from '../cluster/names.ts';

/** How long an account is assumed to exist after it was applied, milliseconds. */
const remembered = 600_000;

/** Creates the service account of a namespace's pilots: an identity that pools recognize, without rights and never mounted. */
export class PilotAccounts {
  readonly #client: Pick<KubeClient, 'apply'>;
  readonly #clock: Clock;
  readonly #madeAt = new Map<string, number>();

  constructor(options: { readonly client: Pick<KubeClient, 'apply'>; readonly clock: Clock }) {
    this.#client = options.client;
    this.#clock = options.clock;
  }

  async ensure(namespace: string, signal: AbortSignal): Promise<void> {
    const now = this.#clock.monotonic();
    const made = this.#madeAt.get(namespace);
    if (made !== undefined && now - made < remembered) return;
    const account = {
      metadata: { name: pilotAccount, namespace, labels: { [labelOf.managedBy]: managedBy } },
      automountServiceAccountToken: false,
    };
    await this.#client.apply(serviceAccounts, account, {}, signal);
    this.#madeAt.set(namespace, now);
  }
}
