import type { Clock } from '#base/clock.ts';
import type { Logger } from '#telemetry/logger.ts';
import type { AdTexts } from '#wire/ad-texts.ts';
import type { Apptainer } from '../runtime/apptainer.ts';
import type { Guardian } from '../runtime/guardian.ts';
import type { ImageRules } from '../runtime/image.ts';
import type { BlobCache } from '../transfer/blob-cache.ts';
import type { Uploader } from '../transfer/upload.ts';
import type { UrlFetcher } from '../transfer/url-fetcher.ts';
import type { FreeNumbers } from './free-numbers.ts';
import type { ResourceWatch } from './resource-watch.ts';

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
  /** Of which each claim has one, from 1 on. */
  readonly slotNumbers: FreeNumbers;
  /** Of the GPUs that the pilot has, from 0 on. */
  readonly gpuNumbers: FreeNumbers;
  readonly uploader: Uploader;
  readonly fetcher: UrlFetcher;
  /** Whether the pool reads outputs that are told as a file; asked when there are some. */
  readonly outputLists: () => boolean;
  readonly clock: Clock;
  readonly logger: Logger;
}
