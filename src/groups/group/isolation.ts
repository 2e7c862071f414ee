import { createHash } from 'node:crypto';
import type { GlideinGroupSpec } from '#api/glidein-group.ts';
import type { ProvedIsolation } from '#api/glidein-group-status.ts';
import type { Pod } from '#kube/resource.ts';
import type { SiteSettings } from '../site-settings.ts';
import { containerOf, endReason, standingOf } from './carrier.ts';
import { isClustersFault } from './fault-of.ts';
import type { IsolationTier } from './pod-security.ts';

/** How long what a probe proved is believed, milliseconds; nodes change. A failure is tried again soon. */
const believed = { success: 24 * 3_600_000, failure: 600_000 };

/** The tiers, best first. */
const tiers: readonly IsolationTier[] = ['UserNamespace', 'Shared'];

export interface IsolationFacts {
  readonly declared: GlideinGroupSpec['isolation'];
  readonly recorded: ProvedIsolation | undefined;
  /** Of what a probe pod is made from now. */
  readonly digest: string;
  /** The probe pods that exist, by name. */
  readonly probes: ReadonlyMap<string, Pod>;
  /** Why the API server does not take the probe pod of a tier. */
  readonly refused: ReadonlyMap<string, string>;
  readonly group: string;
  /** Wall time, milliseconds. */
  readonly now: number;
}

export interface Isolation {
  /** What pilots are made with; undefined while nobody knows. */
  readonly tier: IsolationTier | undefined;
  /** What the status keeps. */
  readonly record: ProvedIsolation | undefined;
  /** The tier whose probe pod is to be created. */
  readonly create: IsolationTier | undefined;
  /** Names of probe pods that have served their purpose. */
  readonly remove: readonly string[];
  /** Why there is no tier yet. */
  readonly waiting: string | undefined;
  /** Why there is none at all. */
  readonly problem: string | undefined;
}

type Verdict =
  | { readonly kind: 'works'; readonly node: string | undefined }
  | { readonly kind: 'fails'; readonly reason: string }
  | { readonly kind: 'waits'; readonly reason: string }
  | { readonly kind: 'lost' | 'absent' };

/**
 * What is known of the isolation of a group's pods.
 *
 * | declared | recorded                    | probe pod of the tier in turn | outcome                                   |
 * |----------|-----------------------------|-------------------------------|-------------------------------------------|
 * | a tier   | –                           | –                             | that tier                                 |
 * | Auto     | of this template, not old   | –                             | what is recorded                          |
 * | Auto     | nothing, another, too old   | absent                        | create it                                 |
 * | Auto     | … too old                   | on its way                    | what is recorded, until it has ended      |
 * | Auto     | … nothing, another          | on its way                    | wait                                      |
 * | Auto     | …                           | ended well                    | record the tier                           |
 * | Auto     | …                           | refused, or ended badly       | the next tier; record None after the last |
 */
export function isolationOf(facts: IsolationFacts): Isolation {
  const { declared, recorded, digest, now } = facts;
  const remove = [...facts.probes.keys()];
  const nothing = { record: recorded, create: undefined, remove: [], waiting: undefined, problem: undefined };
  if (declared !== 'Auto') return { ...nothing, tier: declared, record: undefined, remove };
  const mine = recorded?.template === digest ? recorded : undefined;
  if (mine !== undefined && now - Date.parse(mine.provedAt) < lifeOf(mine)) {
    return { ...nothing, remove, tier: tierOf(mine), problem: problemOf(mine) };
  }
  return probing(facts, { ...nothing, tier: tierOf(mine) });
}

/** The tiers in turn. @param rest what holds as long as no probe has an answer */
function probing(facts: IsolationFacts, rest: Isolation): Isolation {
  const failures: string[] = [];
  const remove = [...facts.probes.keys()];
  for (const tier of tiers) {
    const name = probeName(facts.group, facts.digest, tier);
    const verdict = verdictOf(tier, facts.probes.get(name), facts.refused.get(tier));
    switch (verdict.kind) {
      case 'absent':
        return { ...rest, create: tier, waiting: `a probe pod tries ${tier}` };
      case 'lost':
        return { ...rest, remove: [name], waiting: `the probe pod for ${tier} was lost` };
      case 'waits':
        return { ...rest, waiting: `the probe pod ${name} ${verdict.reason}` };
      case 'works':
        return { ...rest, tier, record: recordOf(facts, tier, failures, verdict.node), remove };
      case 'fails':
        failures.push(`${tier}: ${verdict.reason}`);
    }
  }
  const record = recordOf(facts, 'None', failures, undefined);
  return { ...rest, tier: undefined, record, remove, problem: problemOf(record) };
}

/** What a probe pod is made from: when it changes, what was proved before proves nothing. */
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

const problemOf = ({ tier, message }: ProvedIsolation): string | undefined =>
  tier === 'None'
    ? `no payload can be run in a container here. ${message ?? ''} To change that, allow the pods of this namespace the seccomp profile Unconfined (or name a Localhost profile to the operator) and let nodes make user namespaces (sysctl user.max_user_namespaces)`
    : undefined;

function verdictOf(tier: IsolationTier, pod: Pod | undefined, refused: string | undefined): Verdict {
  if (pod === undefined) {
    return refused === undefined
      ? { kind: 'absent' }
      : { kind: 'fails', reason: `the API server refuses such a pod: ${refused}` };
  }
  const { carrier } = standingOf(pod);
  if (carrier.state !== 'Ended') return { kind: 'waits', reason: waitingWords(pod, carrier.state) };
  if (!carrier.failed) return { kind: 'works', node: nodeKind(pod) };
  if (isClustersFault(pod)) return { kind: 'lost' };
  return {
    kind: 'fails',
    reason: `${endReason(pod)}${tier === 'Shared' ? '' : ' (with its own user namespace)'}`,
  };
}

function waitingWords(pod: Pod, state: string): string {
  const waiting = containerOf(pod)?.state?.waiting;
  const condition = pod.status?.conditions?.find((each) => each.status === 'False' && each.message);
  const words = waiting?.message ?? condition?.message;
  const reason = waiting?.reason ?? state;
  return words === undefined ? `is ${reason}` : `is ${reason}: ${words}`;
}

/** The probe's last words are JSON when it succeeds: tier, processor and kernel that it found. */
function nodeKind(pod: Pod): string | undefined {
  const text = containerOf(pod)?.state?.terminated?.message ?? '';
  try {
    const found = JSON.parse(text) as { arch?: unknown; kernel?: unknown };
    return `${String(found.arch)}, kernel ${String(found.kernel)}`.slice(0, 256);
  } catch {
    return undefined;
  }
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
    ...(failures.length === 0 ? {} : { message: failures.join('; ').slice(0, 1024) }),
  };
}
