import { join } from 'node:path';
import type { Clock } from '#base/clock.ts';
import type { PoolClient } from '#client/pool-client.ts';
import { amount, milliseconds } from '#spec/fields.ts';
import { cacheBytes } from '#spec/pilot.ts';
import type { PilotOrder } from '#spec/pilot-order.ts';
import { exclusiveGpus } from '#spec/services/reserved.ts';
import type { Logger } from '#telemetry/logger.ts';
import type { AdTexts } from '#wire/ad-texts.ts';
import { FetchedImages } from '../images/fetched-images.ts';
import type { RemoteRules } from '../images/fetched-reference.ts';
import { ImageFiles } from '../images/image-files.ts';
import type { ImagesAtHand } from '../images/images-at-hand.ts';
import type { Apptainer, ContainerRun } from '../runtime/apptainer.ts';
import { findGpus, type GpuDevices } from '../runtime/gpu-devices.ts';
import type { Guardian } from '../runtime/guardian.ts';
import { Launcher } from '../runtime/launcher.ts';
import { findMounts, type MountsFound, pilotsOwn } from '../runtime/mounts.ts';
import { BlobCache } from '../transfer/blob-cache.ts';
import type { FoundPlugIn } from '../transfer/plug-in.ts';
import type { Transfers } from '../transfer/transfers.ts';
import { transfersOf } from '../transfer/transfers-of.ts';
import type { Uploader } from '../transfer/upload.ts';
import { UrlFetcher } from '../transfer/url-fetcher.ts';
import type { WarmContainers } from '../warm/warm-containers.ts';
import type { Deadline } from './claim/deadline.ts';
import type { Discovery, PayloadPlace } from './claim/discovery.ts';
import { FreeNumbers } from './claim/free-numbers.ts';
import type { PilotTraces } from './payload-spans.ts';
import { type ImageRules, imageRulesOf } from './start/choose-image.ts';
import { ResourceWatch } from './watch/resource-watch.ts';

/** What all payloads of a pilot share. */
export interface PayloadContext {
  /** Undefined: the group wants payloads without containers. */
  readonly apptainer: Apptainer | undefined;
  readonly guardian: Guardian;
  readonly launcher: Launcher;
  /** Containers that payloads may enter; undefined: the group wants none. */
  readonly warm: WarmContainers | undefined;
  readonly images: ImageRules;
  readonly fetched: Pick<FetchedImages, 'hold'>;
  readonly fetchedFiles: Pick<ImageFiles, 'hold'>;
  readonly imagesAtHand: Pick<ImagesAtHand, 'use'>;
  readonly remote: RemoteRules;
  readonly network: ContainerRun['network'];
  /** The group's mounts that are on this node. Asked each time, because file systems come and go. */
  readonly mounts: () => Promise<MountsFound>;
  /** The GPUs whose devices are here; asked each time, too. */
  readonly gpus: () => Promise<GpuDevices | undefined>;
  /** Milliseconds between SIGTERM and SIGKILL. */
  readonly grace: number;
  readonly directory: string;
  readonly cache: BlobCache;
  readonly resources: ResourceWatch;
  /** The ad of the pilot's whole slot as it is now. */
  readonly slot: () => AdTexts;
  /** How a payload finds the services of the pilot. */
  readonly discover: (place: PayloadPlace) => Discovery;
  /** From 1 on: each claim takes one. */
  readonly slotNumbers: FreeNumbers;
  /** Numbers of the pilot's GPUs, behind those that services have for themselves. */
  readonly gpuNumbers: FreeNumbers;
  readonly uploader: Uploader;
  readonly transfers: Transfers;
  /** Milliseconds in which all URLs of a job must have been fetched, or sent. */
  readonly transferLimit: number;
  readonly deadline: Deadline;
  /** Whether the pool can read a list of outputs that is a file in the spool. Asked each time, because the pool may change. */
  readonly outputLists: () => boolean;
  /** Whether the pool keeps checkpoints. Asked each time, too. */
  readonly checkpoints: () => boolean;
  /** Bytes of outputs that one job may return; undefined: as many as it was given disk. */
  readonly mostOutputs: number | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Absent: no spans are made. */
  readonly traces?: PilotTraces | undefined;
}

/** What the pilot itself gives to its payloads. */
interface Shared {
  readonly discover: PayloadContext['discover'];
  readonly guardian: Guardian;
  readonly warm: WarmContainers | undefined;
  readonly imagesAtHand: PayloadContext['imagesAtHand'];
  readonly client: PoolClient;
  readonly deadline: Deadline;
  readonly outputLists: () => boolean;
  readonly checkpoints: () => boolean;
  /** The disk is full although each payload keeps to its share. */
  readonly diskFull: (reason: string) => void;
}

/** Joins what the order says, what the probe has found, and what the pilot gives. */
export function payloadContext(
  order: PilotOrder,
  {
    clock,
    random,
    logger,
    traces,
  }: {
    readonly clock: Clock;
    readonly random: () => number;
    readonly logger: Logger;
    readonly traces?: PilotTraces | undefined;
  },
  {
    apptainer,
    slot,
    plugIns,
  }: Pick<PayloadContext, 'apptainer' | 'slot'> & { readonly plugIns: readonly FoundPlugIn[] },
  { discover, guardian, warm, imagesAtHand, client, deadline, outputLists, checkpoints, diskFull }: Shared,
): PayloadContext {
  const { directory, cacheDirectory, spec } = order;
  const { outputs } = spec.runtime.limits;
  const launcher = new Launcher(directory);
  return {
    apptainer,
    guardian,
    launcher,
    warm,
    images: imageRulesOf(spec.runtime.images, apptainer),
    fetched: new FetchedImages({
      directory: join(cacheDirectory, 'images'),
      owner: order.uid,
      most: amount(spec.runtime.images.remote.cacheSize),
      limit: milliseconds(spec.runtime.images.remote.timeLimit),
      logins: spec.runtime.images.remote.logins,
      clock,
      random,
      environment: process.env,
    }),
    fetchedFiles: new ImageFiles({
      directory: join(cacheDirectory, 'image-files'),
      most: amount(spec.runtime.images.remote.cacheSize),
      limit: milliseconds(spec.runtime.images.remote.timeLimit),
      fetcher: new UrlFetcher({
        clock,
        random,
        environment: process.env,
        bound: 'allowed for an image file',
      }),
      clock,
    }),
    imagesAtHand,
    remote: spec.runtime.images.remote,
    network: spec.runtime.network,
    mounts: () => findMounts(spec.runtime.binds, pilotsOwn(order)),
    gpus: () => findGpus(),
    grace: milliseconds(spec.lifetimes.grace),
    directory,
    slot,
    slotNumbers: new FreeNumbers(1),
    discover,
    gpuNumbers: new FreeNumbers(exclusiveGpus(spec.services)),
    resources: new ResourceWatch({
      directory,
      launcher,
      clock,
      logger,
      diskFull,
      limits: spec.runtime.limits,
      cpus: spec.cpus,
    }),
    cache: new BlobCache({
      directory: cacheDirectory,
      client,
      most: cacheBytes(amount(spec.disk)),
      clock,
      full: diskFull,
    }),
    uploader: { client, clock, random },
    transfers: transfersOf(
      spec.transfer,
      { found: plugIns, hidden: pilotsOwn(order) },
      { clock, random, guardian, logger },
    ),
    transferLimit: milliseconds(spec.transfer.timeLimit),
    deadline,
    outputLists,
    mostOutputs: outputs === undefined ? undefined : amount(outputs),
    checkpoints,
    clock,
    logger,
    traces,
  };
}
