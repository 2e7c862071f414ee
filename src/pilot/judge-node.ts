import type { Clock } from '#base/clock.ts';
import type { PoolClient } from '#client/pool-client.ts';
import type { PilotOrder } from '#spec/pilot-order.ts';
import type { Logger } from '#telemetry/logger.ts';
import { clockOffset } from './probe/clock-offset.ts';
import type { Node } from './probe/probe-node.ts';
import { runCheck } from './validation/run-check.ts';
import { Validations, type ValidationsOptions } from './validation/validations.ts';

/** The scripts of an order, which judge a node that has been probed; undefined if there are none. */
export function validationsOf(
  order: PilotOrder,
  { apptainer, slot }: Node,
  options: Omit<ValidationsOptions, 'checks' | 'run' | 'reserved'>,
): Validations | undefined {
  const { attributes, validation } = order.spec;
  if (validation.length === 0) return undefined;
  const declared = new Set(Object.keys(attributes).map((name) => name.toLowerCase()));
  const own = Object.keys(slot).map((name) => name.toLowerCase());
  return new Validations({
    ...options,
    checks: validation,
    run: (check, signal) => runCheck(check, order, apptainer, signal),
    // What a group declares is for its scripts to correct; what a slot is, is not.
    reserved: new Set(own.filter((name) => !declared.has(name))),
  });
}

/** What jobs that compare times with those of others need to know of the node; undefined if the pool does not answer. */
export async function compareClocks(
  client: PoolClient,
  { clock, logger }: { readonly clock: Clock; readonly logger: Logger },
  signal: AbortSignal,
): Promise<Readonly<Record<string, string | number | boolean>> | undefined> {
  const found = await clockOffset(client, clock, signal);
  if (found === undefined) return undefined;
  const { what, verdict, evidence, attributes } = found;
  if (verdict === 'bad') logger.warn({ what, evidence }, 'the clock of this node is wrong');
  return attributes;
}
