import type { Clock } from '#base/clock.ts';
import type { Logger } from '#telemetry/logger.ts';
import type { AdTexts } from '#wire/ad-texts.ts';
import type { Apptainer } from '../runtime/apptainer.ts';
import type { Guardian } from '../runtime/guardian.ts';
import type { BlobCache } from '../transfer/blob-cache.ts';
import type { Uploader } from '../transfer/upload.ts';
import type { UrlFetcher } from '../transfer/url-fetcher.ts';
import type { FreeNumbers } from './claim/free-numbers.ts';
import type { ImageRules } from './start/choose-image.ts';
import type { ResourceWatch } from './watch/resource-watch.ts';

/** What all payloads of a pilot share. */
export interface PayloadContext {
  readonly apptainer: Apptainer;
  readonly guardian: Guardian;
  readonly images: ImageRules;
  /** Milliseconds between SIGTERM and SIGKILL. */
  readonly grace: number;
  readonly directory: string;
  readonly cache: BlobCache;
  readonly resources: ResourceWatch;
  /** The ad of the pilot's whole slot. */
  readonly slot: AdTexts;
  /** From 1 on: each claim takes one. */
  readonly slotNumbers: FreeNumbers;
  /** Numbers of the pilot's GPUs, from 0 on. */
  readonly gpuNumbers: FreeNumbers;
  readonly uploader: Uploader;
  readonly fetcher: UrlFetcher;
  /** Whether the pool can read a list of outputs that is a file in the spool. Asked each time, because the pool may change. */
  readonly outputLists: () => boolean;
  readonly clock: Clock;
  readonly logger: Logger;
}
