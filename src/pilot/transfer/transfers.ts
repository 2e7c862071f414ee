import { isFetched, schemeOf } from '#wire/inputs.ts';
import type { FileUrls } from './file-urls.ts';
import type { PlugIn, PlugInJob } from './plug-in.ts';
import { bytesIn } from './plug-in-run.ts';
import { UrlFailure } from './url-failure.ts';
import type { UrlFetcher } from './url-fetcher.ts';
import type { UrlSender } from './url-sender.ts';

/** A file, and its URL. */
export interface UrlTransfer {
  readonly url: string;
  readonly path: string;
}

export interface TransfersOptions {
  readonly fetcher: Pick<UrlFetcher, 'fetch'>;
  readonly sender: Pick<UrlSender, 'send'>;
  /** Undefined: the group allows no directory. */
  readonly files: Pick<FileUrls, 'fetch' | 'send'> | undefined;
  /** By scheme. They come before what the pilot can do itself. */
  readonly plugIns: ReadonlyMap<string, Pick<PlugIn, 'program' | 'fetch' | 'send'>>;
}

/** One URL that was not transferred, and why. */
export class TransferFailure extends Error {
  readonly url: string;

  constructor(url: string, why: string) {
    super(why);
    this.name = 'TransferFailure';
    this.url = url;
  }
}

/** Who transfers a URL. */
type Means =
  | { readonly by: 'http' }
  | { readonly by: 'file'; readonly files: NonNullable<TransfersOptions['files']> }
  | { readonly by: 'plug-in'; readonly plugIn: Pick<PlugIn, 'program' | 'fetch' | 'send'> };

/** Transfers the files of URLs: the pilot itself, or plug-ins of its group. */
export class Transfers {
  readonly #options: TransfersOptions;

  constructor(options: TransfersOptions) {
    this.#options = options;
  }

  /** Whether URLs of this scheme can be transferred. */
  knows(scheme: string): boolean {
    return this.#meansOf(scheme) !== undefined;
  }

  /** The schemes, for people. */
  get schemes(): string[] {
    const { files, plugIns } = this.#options;
    return [...new Set(['http', 'https', ...(files === undefined ? [] : ['file']), ...plugIns.keys()])];
  }

  /** Whether a plug-in, which needs a {@link PlugInJob}, transfers any of these URLs. */
  usesPlugIns(urls: readonly string[]): boolean {
    return urls.some((url) => this.#meansOf(schemeOf(url) ?? '')?.by === 'plug-in');
  }

  /**
   * Fetches files into a folder in which nothing else is, and only files of these transfers may be.
   * @param most the most bytes that all of them may have
   * @throws TransferFailure; GlideinError RuntimeFailed if a plug-in does not work; errors of the file system
   */
  async fetch(
    transfers: readonly UrlTransfer[],
    folder: string,
    most: number,
    job: PlugInJob,
    signal: AbortSignal,
  ): Promise<void> {
    let left = most;
    for (const group of this.#groupsOf(transfers)) {
      const [first] = group.transfers;
      await about(first, async () => {
        if (group.by === 'plug-in') {
          await group.plugIn.fetch(group.transfers, folder, most, job, signal);
          left = most - (await bytesIn(folder));
        } else if (first !== undefined) {
          const means = group.by === 'file' ? group.files : this.#options.fetcher;
          left -= await means.fetch(first.url, first.path, Math.max(0, left), signal);
        }
      });
    }
  }

  /** Sends files. @throws as `fetch` */
  async send(transfers: readonly UrlTransfer[], job: PlugInJob, signal: AbortSignal): Promise<void> {
    for (const group of this.#groupsOf(transfers)) {
      const [first] = group.transfers;
      await about(first, async () => {
        if (group.by === 'plug-in') await group.plugIn.send(group.transfers, job, signal);
        else if (first !== undefined)
          await (group.by === 'file' ? group.files : this.#options.sender).send(
            first.path,
            first.url,
            signal,
          );
      });
    }
  }

  /** What goes together: all that one plug-in transfers, and every other URL by itself. */
  #groupsOf(transfers: readonly UrlTransfer[]): (Means & { readonly transfers: readonly UrlTransfer[] })[] {
    const groups: (Means & { readonly transfers: UrlTransfer[] })[] = [];
    for (const transfer of transfers) {
      const scheme = schemeOf(transfer.url) ?? '';
      const means = this.#meansOf(scheme);
      if (means === undefined)
        throw new TransferFailure(
          transfer.url,
          `this pilot transfers ${this.schemes.map((each) => `${each}://`).join(', ')}, and not ${scheme}://`,
        );
      const same = groups.find(
        (group) => group.by === 'plug-in' && means.by === 'plug-in' && group.plugIn === means.plugIn,
      );
      if (same === undefined) groups.push({ ...means, transfers: [transfer] });
      else same.transfers.push(transfer);
    }
    return groups;
  }

  #meansOf(scheme: string): Means | undefined {
    const { plugIns, files } = this.#options;
    const plugIn = plugIns.get(scheme);
    if (plugIn !== undefined) return { by: 'plug-in', plugIn };
    if (isFetched(scheme)) return { by: 'http' };
    return scheme === 'file' && files !== undefined ? { by: 'file', files } : undefined;
  }
}

async function about(first: UrlTransfer | undefined, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (error instanceof UrlFailure) throw new TransferFailure(first?.url ?? '', error.message);
    throw error;
  }
}
