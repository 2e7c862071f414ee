import { randomBytes } from 'node:crypto';
import * as z from 'zod';
import { type Clock, systemClock } from '#base/clock.ts';
import { count } from '#base/count.ts';
import { describeError, GlideinError, isCode } from '#base/error.ts';
import { sleep } from '#base/sleep.ts';
import type { KubeClient } from '#kube/client.ts';
import type { ObjectKey } from '#kube/object.ts';
import { nodes, type Pod, pods } from '#kube/resource.ts';
import { type Finding, finding } from '#wire/finding.ts';
import { clientOf } from '../cluster-pool.ts';
import { type Listing, printListing } from '../listing.ts';
import type { Terminal } from '../terminal.ts';
import { type DoctorPodOptions, doctorPod, type Isolation, isolations } from './doctor-pod.ts';
import { findingsText } from './findings-text.ts';
import { type NodeKind, nodeKinds } from './node-kinds.ts';

/** The most kinds of nodes that are tried: two pods each. */
const mostKinds = 10;

/** Milliseconds in which a pod must have ended, with the pull of its image. */
const patience = 90_000;

type DoctorClient = Pick<KubeClient, 'list' | 'create' | 'get' | 'log' | 'delete'>;

/** What pods of one isolation would find on the nodes of one kind. */
interface Trial {
  readonly isolation: Isolation;
  /** Why nothing is known. */
  readonly problem?: string;
  readonly findings: readonly Finding[];
}

interface KindReport extends NodeKind {
  readonly trials: readonly Trial[];
}

interface ClusterDoctorOptions extends DoctorPodOptions {
  readonly context: string | undefined;
}

/**
 * Looks at one node of each kind, and reports what pilots would find there.
 * @throws GlideinError Forbidden with the right that is missing; RuntimeFailed if nodes of some kind cannot run payloads
 */
export async function doctorOfCluster(
  options: ClusterDoctorOptions,
  listing: Listing,
  terminal: Terminal,
): Promise<void> {
  const client = await clientOf(options.context);
  const { reports, left } = await examineCluster(client, options, systemClock, terminal.signal);
  printListing(terminal, listing, reports, () =>
    [
      ...reports.map(reportText),
      ...(left > 0 ? [`${count(left, 'further kind')} of nodes, with fewer nodes each, not tried`] : []),
    ].join('\n\n'),
  );
  const bad = reports.filter(({ trials }) => !trials.some(works)).map(({ name }) => name);
  if (bad.length === 0) return;
  throw new GlideinError(
    'RuntimeFailed',
    `nodes of ${count(bad.length, 'kind')} cannot run payloads: ${bad.join('; ')}`,
  );
}

/** @returns also how many kinds are left out */
export async function examineCluster(
  client: DoctorClient,
  options: DoctorPodOptions,
  clock: Clock,
  signal: AbortSignal,
): Promise<{ reports: KindReport[]; left: number }> {
  const all = nodeKinds((await may('list', 'nodes', client.list(nodes, {}, signal))).items);
  const tried = all.slice(0, mostKinds).map(async (kind) => ({
    ...kind,
    trials: await settled(
      isolations.map((isolation) => tryOn(kind.node, isolation, options, client, clock, signal)),
    ),
  }));
  return { reports: await settled(tried), left: Math.max(0, all.length - mostKinds) };
}

/** Waits for all, so that every pod is removed, before the first error is thrown. */
async function settled<T>(work: readonly Promise<T>[]): Promise<T[]> {
  await Promise.allSettled(work);
  return await Promise.all(work);
}

const works = ({ problem, findings }: Trial): boolean =>
  problem === undefined && findings.every(({ what, verdict }) => what !== 'Apptainer' || verdict !== 'bad');

function reportText({ name, nodes: number, node, trials }: KindReport): string {
  const words = { UserNamespace: 'in a user namespace of its own', Shared: 'without one' };
  return [
    `${name} (${count(number, 'node')}, tried on ${node})`,
    ...trials.flatMap(({ isolation, problem, findings }) => [
      `  a pilot ${words[isolation]}:`,
      (problem ?? findingsText(findings)).replace(/^/gm, '    '),
    ]),
  ].join('\n');
}

/** Makes a pod, reads what it prints, and removes it, whatever happens. */
async function tryOn(
  node: string,
  isolation: Isolation,
  options: DoctorPodOptions,
  client: DoctorClient,
  clock: Clock,
  signal: AbortSignal,
): Promise<Trial> {
  const { namespace } = options;
  const key = { namespace, name: `glidein-doctor-${randomBytes(4).toString('hex')}` };
  try {
    await may(
      'create',
      'pods',
      client.create(pods, doctorPod(key.name, node, isolation, options), signal),
      namespace,
    );
  } catch (error) {
    // Pod Security, a quota or an admission webhook: they refuse one kind of pod, and name themselves.
    if (error instanceof GlideinError && isCode(error, 'Forbidden') && isRightMissing(error)) throw error;
    return { isolation, problem: `its pod is refused: ${describeError(error)}`, findings: [] };
  }
  try {
    return { isolation, ...(await resultOf(key, client, clock, signal)) };
  } finally {
    await client.delete(pods, key, { gracePeriodSeconds: 0 }).catch(() => undefined);
  }
}

async function resultOf(
  key: ObjectKey,
  client: DoctorClient,
  clock: Clock,
  signal: AbortSignal,
): Promise<Omit<Trial, 'isolation'>> {
  const end = clock.monotonic() + patience;
  for (;;) {
    const pod = await may('get', 'pods', client.get(pods, key, signal), key.namespace);
    const phase = pod.status?.phase;
    if (phase === 'Succeeded' || phase === 'Failed') {
      const text = await may('get', 'pods/log', client.log(key, {}, signal), key.namespace);
      return readFindings(text) ?? { problem: `its pod ended without a report: ${whyOf(pod)}`, findings: [] };
    }
    if (clock.monotonic() >= end)
      return {
        problem: `its pod has not ended within ${patience / 1000} seconds: ${whyOf(pod)}`,
        findings: [],
      };
    await sleep(clock, 1000, signal);
  }
}

function readFindings(text: string): { findings: Finding[] } | undefined {
  const line = text.split('\n').findLast((each) => each.startsWith('['));
  try {
    const parsed = z.array(finding).safeParse(JSON.parse(line ?? ''));
    return parsed.success ? { findings: parsed.data } : undefined;
  } catch {
    return undefined;
  }
}

/** What the cluster says of a pod, from its container upwards. */
function whyOf({ status }: Pod): string {
  const { waiting, terminated } = status?.containerStatuses?.[0]?.state ?? {};
  const words = [waiting, terminated, status]
    .flatMap((said) => [said?.reason, said?.message])
    .filter((word) => word !== undefined && word !== '');
  return words.length === 0 ? (status?.phase ?? 'it does not say why') : words.join(': ');
}

/** A missing right, as opposed to a pod that is refused for what it is. */
const isRightMissing = ({ message }: GlideinError): boolean => message.includes('does not let you');

async function may<T>(verb: string, resource: string, answer: Promise<T>, namespace?: string): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    // RBAC's own words; others that forbid do not speak of a user who cannot do something.
    if (!isCode(error, 'Forbidden') || !/cannot (list|create|get) resource/.test(describeError(error)))
      throw error;
    const where = namespace === undefined ? '' : ` in the namespace ${namespace}`;
    const kind = namespace === undefined ? 'clusterrole' : `-n ${namespace} role`;
    const create =
      namespace === undefined
        ? `kubectl create ${kind} glidein-doctor --verb=${verb} --resource=${resource}`
        : `kubectl create ${kind} glidein-doctor --verb=create,get,delete --resource=pods,pods/log`;
    throw new GlideinError('Forbidden', `Kubernetes does not let you ${verb} ${resource}${where}`, {
      cause: error,
      cure: `ask the cluster's administrator for that right: ${create}, and a binding to you`,
    });
  }
}
