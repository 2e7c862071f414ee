import type { Clock } from '#base/clock.ts';
import type { PilotLinkOptions } from '#client/pilot-link.ts';
import type { PoolAddress } from '#client/pool-address.ts';
import { milliseconds } from '#spec/fields.ts';
import { reportTime } from '#spec/lifetimes.ts';
import type { PilotOrder } from '#spec/pilot-order.ts';
import type { Logger } from '#telemetry/logger.ts';
import { EndWatch, type EndWatchOptions } from './lifetime/end-watch.ts';
import type { Lease, LeaseEvents } from './lifetime/lease.ts';
import { podAge } from './lifetime/pod-age.ts';
import type { NewPayload } from './payload/payloads.ts';
import { type Node, probeNode } from './probe/probe-node.ts';
import { poolAddress } from './registration.ts';
import { Guardian } from './runtime/guardian.ts';
import type { StartSpans } from './start-spans.ts';
import { type Takeover, takeOver } from './takeover.ts';

export interface PilotOptions {
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
  /** Says where apptainer is searched for: PATH, HOME, XDG_CACHE_HOME. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Its spans; there are none if absent. */
  readonly traces?: StartSpans | undefined;
}

export type PilotLease = Pick<Lease, 'held' | 'welcomed' | 'renewed' | 'disconnected' | 'stop'>;

export type PilotEnds = Pick<EndWatch, 'start' | 'stop' | 'sawToken'>;

/** What a pilot is made of besides its order. */
export interface PilotParts {
  readonly node: Node;
  readonly address: PoolAddress;
  readonly guardian: Guardian;
  /** How it connects to its pool; over the network if absent. */
  readonly connect?: PilotLinkOptions['connect'];
  /** What runs its claims; containers if absent. */
  readonly newPayload?: NewPayload;
  /** What counts its lease. */
  readonly lease?: (events: LeaseEvents) => PilotLease;
  /** What finds ends that its order does not know; nothing if absent. */
  readonly ends?: (changed: EndWatchOptions['changed']) => PilotEnds;
  /** Milliseconds that count towards its age although it did not run yet. */
  readonly age?: number;
  /** What it goes on with if it was killed before; it is new if this is absent. */
  readonly takeover?: Takeover;
}

/**
 * Takes the pilot's directory and probes the node.
 * @throws GlideinError RuntimeFailed or Unsupported when no payload could run here
 */
export async function probeParts(order: PilotOrder, options: PilotOptions): Promise<PilotParts> {
  const takeover = await takeOver(order, options);
  const node = await probeNode(order, options);
  const guardian = new Guardian(options.logger);
  // Only a hard envelope counts from the start of the pod; the rest is about the time in which jobs can run.
  const age = order.spec.lifetimes.maxWalltime === undefined ? 0 : await podAge(options.clock.wall());
  const ends = (changed: EndWatchOptions['changed']) =>
    new EndWatch({ ...endWatchOf(order), ...options, changed });
  return { node, guardian, address: poolAddress(order), age, ends, takeover };
}

/** What an order says for the watch of other ends. */
const endWatchOf = ({ pool, noticeFile, spec: { lifetimes } }: PilotOrder) => ({
  tokenFile: pool.tokenFile,
  noticeFile,
  leaving: milliseconds(lifetimes.grace) + reportTime,
  kept: milliseconds(lifetimes.jobMaxTime),
});
