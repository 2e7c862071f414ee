import type { Core } from '../core.ts';
import { type Followed, followFiles } from './follow-files.ts';
import { readPoolSpec } from './spec-file.ts';

/**
 * Puts a specification file into force, now and whenever it changes. A bad one leaves the last good one in force.
 * @throws GlideinError NotFound or InvalidArgument with the place, when it is bad from the start
 */
export function followSpec(core: Core, file: string): Promise<Followed> {
  return followFiles({
    files: [file],
    clock: core.clock,
    async load() {
      const { issuers, concurrencyLimits } = await readPoolSpec(file);
      core.authenticator.trust(issuers);
      core.limits.set(concurrencyLimits);
      core.supplyChanged();
      const names = (list: readonly { readonly name: string }[]) => list.map(({ name }) => name);
      core.logger.info(
        { issuers: names(issuers), concurrencyLimits: names(concurrencyLimits) },
        'specification in force',
      );
    },
    failed: (error) => core.logger.error({ err: error }, 'new specification not taken, the old one stays'),
  });
}
