import { Backoff } from '#base/backoff.ts';
import { milliseconds } from '#spec/fields.ts';
import type { Service } from '#spec/services/service.ts';

/** How long a service waits until each restart in a row. */
export const restartDelays = ({ restart }: Pick<Service, 'restart'>, random: () => number): Backoff =>
  new Backoff({ first: milliseconds(restart.backoff), most: milliseconds(restart.maxBackoff), random });
