import { join } from 'node:path';
import type { Clock } from '#base/clock.ts';
import { describeError } from '#base/error.ts';
import { PoolClient } from '#client/pool-client.ts';
import { Delivery } from '#delivery/delivery.ts';
import { DeliveryState } from '#delivery/delivery-state.ts';
import { keepDelivering } from '#delivery/keep-delivering.ts';
import type { Logger } from '#telemetry/logger.ts';
import type { StateDirectory } from './state-directory.ts';

interface Surroundings {
  readonly state: StateDirectory;
  readonly url: string;
  readonly token: string;
  /** The owner of the jobs to deliver: a user of this machine, so the directories of their submit files are here. */
  readonly user: string;
  readonly locks: string;
  readonly onRemark: (sentence: string) => void;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

/** Delivers results and event logs to where submit files say, until the signal aborts. Its progress is kept for the next time. */
export async function deliverHere(here: Surroundings): Promise<void> {
  const { clock, logger, signal } = here;
  const client = new PoolClient({ url: here.url, token: () => here.token });
  const delivery = new Delivery({
    client,
    owner: here.user,
    state: await DeliveryState.open(join(here.state.root, 'delivery.json')),
    locks: here.locks,
    say: here.onRemark,
    clock,
    signal,
  });
  const onFailure = (error: unknown) =>
    logger.warn({ error: describeError(error) }, 'results cannot be delivered now');
  await keepDelivering(delivery, { clock, signal, onFailure });
  await client.close();
}
