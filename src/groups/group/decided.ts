import { pilotsOfGroup } from '#fleet/demand.ts';
import { fixedDecision, fixedWhileUnknown } from '#fleet/replicas.ts';
import type { GroupDecision } from '#pressure/decision.ts';
import { type GroupStanding, groupsByUid } from '../pilots/supply.ts';
import type { GroupContext } from './context.ts';

type DecisionContext = Pick<GroupContext, 'group' | 'spec' | 'heard' | 'memory' | 'poolName'> & {
  readonly parts: Pick<GroupContext['parts'], 'settings' | 'decisions'>;
};

/**
 * The decision to carry out now. A fixed number is decided here and now; a policy's decision is taken from the board,
 * and only when it can be carried out, because it can be taken once.
 */
export function decisionFor(
  { parts, group, spec, heard, memory, poolName }: DecisionContext,
  { supply, pilots }: GroupStanding,
  canAct: boolean,
): GroupDecision {
  if (spec.replicas !== undefined) {
    const own = groupsByUid([{ group, pilots }], poolName);
    const decision = heard.known
      ? fixedDecision(supply, spec.replicas, pilotsOfGroup(heard, supply.name, parts.settings.site, own))
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
