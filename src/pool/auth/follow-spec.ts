import type { Clock } from '#base/clock.ts';
import type { Logger } from '#telemetry/logger.ts';
import { type Followed, followFiles } from './follow-files.ts';
import { readPoolSpec } from './spec-file.ts';

interface FollowSpecOptions {
  readonly file: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Applies the specification. */
  readonly apply: (spec: Awaited<ReturnType<typeof readPoolSpec>>) => void;
}

/**
 * Applies a specification file now and whenever it changes. While it is invalid, the last valid one stays in force.
 * @throws GlideinError NotFound or InvalidArgument with the place, if it is invalid at the start
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
    failed: (error) =>
      logger.error({ err: error }, 'new specification is invalid, the old one stays in force'),
  });
}
