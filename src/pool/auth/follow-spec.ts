import type { Clock } from '#base/clock.ts';
import type { Logger } from '#telemetry/logger.ts';
import { type Followed, followFiles } from './follow-files.ts';
import { readPoolSpec } from './spec-file.ts';

interface FollowSpecOptions {
  readonly file: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Puts what the file says into force. */
  readonly apply: (spec: Awaited<ReturnType<typeof readPoolSpec>>) => void;
}

/**
 * Puts a specification file into force, now and whenever it changes. A bad one leaves the last good one in force.
 * @throws GlideinError NotFound or InvalidArgument with the place, when it is bad from the start
 */
export function followSpec({ file, clock, logger, apply }: FollowSpecOptions): Promise<Followed> {
  return followFiles({
    files: [file],
    clock,
    async load() {
      const spec = await readPoolSpec(file);
      apply(spec);
      const names = (list: readonly { readonly name: string }[]) => list.map(({ name }) => name);
      logger.info(
        { issuers: names(spec.issuers), concurrencyLimits: names(spec.concurrencyLimits) },
        'specification in force',
      );
    },
    failed: (error) => logger.error({ err: error }, 'new specification not taken, the old one stays'),
  });
}
