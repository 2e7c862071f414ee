import { type ImageSetResourceSpec, imageSetResourceSpec } from '#api/image-set.ts';
import type { Clock } from '#base/clock.ts';
import type { ReconcileContext } from '#controller/controller.ts';
import { done, type Result, requeueAfter, TerminalError } from '#controller/result.ts';
import type { KubeClient } from '#kube/client.ts';
import type { EventRecorder } from '#kube/event-recorder.ts';
import { isInvalid } from '#kube/kube-error.ts';
import type { StatefulSet } from '#kube/resource.ts';
import { milliseconds } from '#spec/fields.ts';
import type { ImageSetStatus } from '#spec/image-set-status.ts';
import type { Informers } from '../cluster/informers.ts';
import { poolKey } from '../cluster/names.ts';
import { type ImageSetResource, imageSets } from '../cluster/resources.ts';
import type { SiteSettings } from '../cluster/site-settings.ts';
import { readStored } from '../cluster/stored-spec.ts';
import { notReady as notReadyEvent } from '../pods/readiness.ts';
import type { Finding } from '../status/conditions.ts';
import { WritePace } from '../status/write-pace.ts';
import { olderInDirectory } from './directories.ts';
import { ensurePublisher, stopPublisher } from './ensure-publisher.ts';
import {
  cannotBeMade,
  directoryTaken,
  imagesFound,
  imagesUnknown,
  invalidSpec,
  nameTooLong,
  ready,
} from './findings.ts';
import type { ImageLeases } from './image-leases.ts';
import { Asking, findPublisher } from './inspect.ts';
import { publisherNames } from './names.ts';
import { ImageNews } from './news.ts';
import type { PublisherClient } from './publisher-client.ts';
import { type Inspected, nextStatus } from './status.ts';

/** How often a publisher is asked at least, milliseconds. */
const askEveryMs = 15_000;

/** How soon it is asked again when it did not answer, or works. Milliseconds. */
const askAgainMs = 3_000;

/** How often everything is applied again although nothing changed: others may write too. Milliseconds. */
const ensureEveryMs = 300_000;

export interface ImageSetServices {
  readonly client: KubeClient;
  readonly informers: Pick<Informers, 'imageSets' | 'pods' | 'statefulSets'>;
  readonly publishers: Pick<PublisherClient, 'status'>;
  readonly leases: Pick<ImageLeases, 'renew' | 'forget'>;
  readonly recorder: EventRecorder;
  readonly settings: SiteSettings;
  readonly clock: Clock;
  /** Digests of tokens that open the metrics of publishers. */
  readonly scrapeDigests: () => Promise<readonly string[]>;
}

/** What is remembered of one set. */
interface Memory {
  /** What was applied, and when, so that merely asking a publisher costs no writes. */
  ensured?: { readonly what: string; readonly at: number };
  readonly news: ImageNews;
}

/** Ensure, inspect, report: for one set of images at a time. */
export class ImageSetReconciler {
  readonly #services: ImageSetServices;
  readonly #asking: Asking;
  readonly #pace: WritePace;
  readonly #memories = new Map<string, Memory>();

  constructor(services: ImageSetServices) {
    this.#services = services;
    this.#asking = new Asking(services);
    this.#pace = new WritePace(services.clock);
  }

  async reconcile(name: string, context: ReconcileContext): Promise<Result> {
    const set = this.#services.informers.imageSets.store.named(name);
    if (set === undefined) {
      this.#forget(name);
      return done;
    }
    // What belongs to it is being collected. Its images stay: payloads may run in them.
    if (set.metadata.deletionTimestamp !== undefined) return done;
    const read = readStored(imageSetResourceSpec, set.spec);
    if (!read.ok) return this.#refuse(set, invalidSpec(read.problem), context.signal);
    const current = { ...set, spec: read.spec };
    const refused = nameTooLong(current) ?? this.#directoryTaken(current);
    if (refused !== undefined) {
      await this.#stop(current, read.spec, context.signal);
      return this.#refuse(current, refused, context.signal);
    }
    const memory = this.#memoryOf(name);
    await this.#ensureOrReport(current, memory, context.signal);
    return this.#inspectAndReport(current, memory, context);
  }

  #forget(name: string): void {
    this.#memories.delete(name);
    this.#services.leases.forget(name);
  }

  #memoryOf(name: string): Memory {
    const memory = this.#memories.get(name) ?? { news: new ImageNews() };
    this.#memories.set(name, memory);
    return memory;
  }

  #directoryTaken(set: ImageSetResource): Finding | undefined {
    const older = olderInDirectory(set, this.#services.informers.imageSets.store.all());
    return older === undefined ? undefined : directoryTaken(set, older);
  }

  async #stop(set: ImageSetResource, spec: ImageSetResourceSpec, signal: AbortSignal): Promise<void> {
    const replicas = this.#statefulSet(set)?.spec?.replicas ?? 0;
    if (replicas > 0) await stopPublisher(this.#services, set, spec, signal);
  }

  async #refuse(set: ImageSetResource, finding: Finding, signal: AbortSignal): Promise<Result> {
    await this.#report(set, unanswered(set, finding), signal);
    const owed = this.#pace.takeOwed(set.metadata.uid ?? '');
    return owed === undefined ? done : requeueAfter(owed + 1);
  }

  async #ensureOrReport(set: ImageSetResource, memory: Memory, signal: AbortSignal): Promise<void> {
    const { clock } = this.#services;
    const { ensured } = memory;
    const isRecent = ensured !== undefined && clock.monotonic() - ensured.at < ensureEveryMs;
    if (isRecent && ensured.what === wantedAndMade(set, this.#statefulSet(set))) return;
    try {
      const made = await ensurePublisher(this.#services, set, set.spec, signal);
      memory.ensured = { what: wantedAndMade(set, made), at: clock.monotonic() };
    } catch (error) {
      signal.throwIfAborted();
      const finding = cannotBeMade(error);
      await this.#report(set, unanswered(set, finding), signal);
      throw isInvalid(error) ? new TerminalError(finding.message, error) : error;
    }
  }

  async #inspectAndReport(set: ImageSetResource, memory: Memory, context: ReconcileContext): Promise<Result> {
    const inspected = await this.#inspect(set, context);
    const { answer } = inspected;
    if (answer !== undefined)
      for (const happening of memory.news.of(answer, set.status?.lastAnswer === undefined))
        this.#services.recorder.record(imageSets, set, happening);
    await this.#report(set, inspected, context.signal);
    const usual = pauseOf(set, answer);
    return requeueAfter(Math.min(usual, 1 + (this.#pace.takeOwed(set.metadata.uid ?? '') ?? usual)));
  }

  async #inspect(set: ImageSetResource, context: ReconcileContext): Promise<Inspected> {
    const { clock, leases } = this.#services;
    const { workload, finding } = await findPublisher(this.#services, set, clock.wall(), context.signal);
    if (finding.status !== 'True') return unanswered(set, finding);
    const asked = await this.#asking.ask(set, workload, context);
    if (!('answer' in asked))
      return { conditions: [ready(set, undefined), imagesUnknown(asked.silence, set.status?.lastAnswer)] };
    await leases.renew(set, asked, context);
    return { conditions: [ready(set, asked.answer), imagesFound(asked.answer)], answer: asked.answer };
  }

  async #report(set: ImageSetResource, inspected: Inspected, signal: AbortSignal): Promise<void> {
    const { client, clock, recorder } = this.#services;
    const status = nextStatus(set, inspected, clock.wall());
    const { uid = '' } = set.metadata;
    if (status === undefined || !this.#pace.allows(uid)) return;
    await client.applyStatus(imageSets, { metadata: { ...poolKey(set), uid }, status }, {}, signal);
    this.#pace.wrote(uid);
    const now = inspected.conditions.find(({ type }) => type === 'Ready');
    const before = set.status?.conditions?.find(({ type }) => type === 'Ready');
    if (now === undefined || now.reason === before?.reason) return;
    recorder.record(imageSets, set, now.status === 'True' ? serves : notReadyEvent(now));
  }

  #statefulSet(set: ImageSetResource): StatefulSet | undefined {
    const { namespace } = poolKey(set);
    const { statefulSet } = publisherNames(set);
    return this.#services.informers.statefulSets.store.get({ namespace, name: statefulSet });
  }
}

/** How long until a publisher is asked again: as rarely as it looks for images itself, but not while it works. */
function pauseOf({ spec }: ImageSetResource, answer: ImageSetStatus | undefined): number {
  if (answer === undefined || answer.counts.pending > 0) return askAgainMs;
  return Math.max(askAgainMs, Math.min(askEveryMs, milliseconds(spec.schedule.every)));
}

const serves = { type: 'Normal', reason: 'Ready', action: 'Serve', note: 'the publisher serves' } as const;

/** What is reported while the publisher cannot be asked. */
const unanswered = (set: ImageSetResource, finding: Finding): Inspected => ({
  conditions: [finding, imagesUnknown(finding.message, set.status?.lastAnswer)],
});

/** Equal as long as neither the resource nor the StatefulSet has changed. */
const wantedAndMade = (set: ImageSetResource, made: StatefulSet | undefined): string =>
  JSON.stringify([set, made].map((object) => [object?.metadata.uid, object?.metadata.generation]));
