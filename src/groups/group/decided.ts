import { pilotsOfGroup } from '#fleet/demand.ts';
import { fixedDecision, fixedWhileUnknown } from '#fleet/replicas.ts';
import type { GroupDecision } from '#pressure/decision.ts';
import type { GroupSupply } from '#pressure/demand.ts';
import type { GroupContext } from './context.ts';

/**
 * The decision to carry out now. A fixed number is decided here and now; a policy's decision is taken from the board,
 * and only when it can be carried out, because it can be taken once.
 */
export function decisionFor(
  { parts, group, spec, heard, memory }: GroupContext,
  supply: GroupSupply,
  canAct: boolean,
): GroupDecision {
  if (spec.replicas !== undefined) {
    const decision = heard.known
      ? fixedDecision(supply, spec.replicas, pilotsOfGroup(heard, supply.name, parts.settings.site))
      : fixedWhileUnknown(supply, spec.replicas, heard.reason);
    return canAct ? decision : { ...decision, add: 0, release: [] };
  }
  const decision = canAct ? parts.decisions.take(group, memory.epoch) : parts.decisions.latest(group);
  if (decision === undefined) {
    const { name, starting } = supply;
    return {
      group: name,
      wanted: starting,
      add: 0,
      release: [],
      reason: 'Nothing is decided yet',
      limits: [],
    };
  }
  return canAct ? decision : { ...decision, add: 0, release: [] };
}
