import { createHash } from 'node:crypto';
import type { GlideinGroupSpec } from '#api/glidein-group.ts';
import type { ProvedIsolation } from '#api/glidein-group-status.ts';
import { truncate } from '#base/truncate.ts';
import type { Pod } from '#kube/resource.ts';
import type { SiteSettings } from '../cluster/site-settings.ts';
import type { CureContext } from '../pods/fault-table.ts';
import { startFault } from '../pods/faults.ts';
import type { IsolationTier } from '../pods/security.ts';
import type { Fault } from '../status/conditions.ts';
import { stillProbing, type VerdictFacts, verdictOf } from './verdict.ts';

/** How long the result of a probe is believed, milliseconds: nodes change. Failures are retried sooner. */
const believed = { success: 24 * 3_600_000, failure: 600_000 };

/** The tiers, best first. */
const tiers: readonly IsolationTier[] = ['UserNamespace', 'Shared'];

export interface IsolationFacts extends VerdictFacts {
  readonly declared: GlideinGroupSpec['isolation'];
  readonly recorded: ProvedIsolation | undefined;
  /** The digest of what a probe pod would be made from now. */
  readonly digest: string;
  /** The probe pods that exist, by name. */
  readonly probes: ReadonlyMap<string, Pod>;
  readonly group: string;
  /** Wall time, milliseconds. */
  readonly now: number;
}

export interface Isolation {
  /** The tier that pilots are made with; undefined while it is unknown. */
  readonly tier: IsolationTier | undefined;
  /** What goes into the status. */
  readonly record: ProvedIsolation | undefined;
  /** The tier whose probe pod is to be created. */
  readonly create: IsolationTier | undefined;
  /** Names of probe pods that have served their purpose. */
  readonly remove: readonly string[];
  /** Why there is no tier yet, or none at all. */
  readonly blocker: Fault | undefined;
}

/** Faults that concern one tier only; any other would affect every pod of the group. */
const ofTheTier = new Set(['PodSecurity', 'PodInvalid']);

/**
 * What is known of the isolation of a group's pods.
 *
 * | declared | recorded                    | probe pod of the tier in turn | result                                    |
 * |----------|-----------------------------|-------------------------------|-------------------------------------------|
 * | a tier   | –                           | –                             | that tier                                 |
 * | Auto     | of this template, not old   | –                             | what is recorded                          |
 * | Auto     | nothing, another, too old   | absent                        | create it                                 |
 * | Auto     | … too old                   | on its way                    | what is recorded, until it has ended      |
 * | Auto     | … nothing, another          | on its way                    | wait                                      |
 * | Auto     | …                           | ended well                    | record the tier                           |
 * | Auto     | …                           | ended badly                   | the next tier; record None after the last |
 * | Auto     | …                           | refused because of the tier   | the next tier; that fault after the last  |
 * | Auto     | …                           | refused otherwise             | that fault, until it passes               |
 */
export function isolationOf(facts: IsolationFacts): Isolation {
  const { declared, recorded, digest, now } = facts;
  const remove = [...facts.probes.keys()];
  const nothing = { record: recorded, create: undefined, remove: [], blocker: undefined };
  if (declared !== 'Auto') return { ...nothing, tier: declared, record: undefined, remove };
  const mine = recorded?.template === digest ? recorded : undefined;
  if (mine !== undefined && now - Date.parse(mine.provedAt) < lifeOf(mine)) {
    return { ...nothing, remove, tier: tierOf(mine), blocker: noneWorks(mine, facts.cures) };
  }
  return probing(facts, { ...nothing, tier: tierOf(mine) });
}

/** Goes through the tiers. @param rest what holds until a probe has an answer */
function probing(facts: IsolationFacts, rest: Isolation): Isolation {
  const failures: string[] = [];
  let refused: Fault | undefined;
  const remove = [...facts.probes.keys()];
  for (const tier of tiers) {
    const name = probeName(facts.group, facts.digest, tier);
    const verdict = verdictOf(facts, tier, facts.probes.get(name));
    switch (verdict.kind) {
      case 'absent':
        return { ...rest, create: tier, blocker: stillProbing(`a probe pod is trying ${tier}`) };
      case 'lost':
        return {
          ...rest,
          remove: [name],
          blocker: stillProbing(`the cluster took away the probe pod for ${tier}`),
        };
      case 'waits':
        return { ...rest, blocker: verdict.fault };
      case 'works':
        return { ...rest, tier, record: recordOf(facts, tier, failures, verdict.node), remove };
      case 'refused':
        if (!ofTheTier.has(verdict.fault.reason)) return { ...rest, blocker: verdict.fault };
        refused = verdict.fault;
        failures.push(`${tier}: the API server refuses its pod: ${verdict.fault.message}`);
        break;
      case 'fails':
        refused = undefined;
        failures.push(`${tier}: ${verdict.reason}`);
    }
  }
  // Asking again costs next to nothing, so a refusal is not believed for long.
  if (refused !== undefined) return { ...rest, tier: undefined, remove, blocker: refused };
  const record = recordOf(facts, 'None', failures, undefined);
  return { ...rest, tier: undefined, record, remove, blocker: noneWorks(record, facts.cures) };
}

/** A digest of what a probe pod is made from: when it changes, earlier proofs are void. */
export function isolationDigest(
  spec: GlideinGroupSpec,
  settings: Pick<SiteSettings, 'image' | 'seccompProfile'>,
) {
  const made = [spec.template, spec.image ?? settings.image, settings.seccompProfile ?? ''];
  return createHash('sha256').update(JSON.stringify(made)).digest('hex').slice(0, 12);
}

export const probeName = (group: string, digest: string, tier: IsolationTier): string =>
  `${group}-probe-${digest}-${tier === 'UserNamespace' ? 'a' : 'b'}`;

const lifeOf = ({ tier }: ProvedIsolation): number => (tier === 'None' ? believed.failure : believed.success);

const tierOf = (record: ProvedIsolation | undefined): IsolationTier | undefined =>
  record === undefined || record.tier === 'None' ? undefined : record.tier;

/** Why no tier works, with a cure if the probe's words suggest one. */
function noneWorks({ tier, message = '' }: ProvedIsolation, cures: CureContext): Fault | undefined {
  if (tier !== 'None') return undefined;
  const { message: words } = startFault('', message, cures);
  return { reason: 'NoIsolationWorks', message: `No payload can be run in a container here. ${words}` };
}

function recordOf(
  { digest, now }: IsolationFacts,
  tier: ProvedIsolation['tier'],
  failures: readonly string[],
  node: string | undefined,
): ProvedIsolation {
  return {
    tier,
    template: digest,
    provedAt: new Date(now).toISOString(),
    ...(node === undefined ? {} : { node }),
    ...(failures.length === 0 ? {} : { message: truncate(failures.join('; '), 1024) }),
  };
}
