import { GlideinError } from '#base/error.ts';
import { substituteCluster } from '#submit/language/cluster-number.ts';
import type { AdTexts } from '#wire/ad-texts.ts';
import { maxMessageBytes } from '#wire/protocol.ts';
import type { ProcDifferences } from '../jobs/packed-procs.ts';
import { startMessage } from '../jobs/start-message.ts';

/** A claim and numbers of the greatest possible length, so that whatever the pool chooses later also fits. */
const longest = {
  cluster: Number.MAX_SAFE_INTEGER,
  proc: 999_999_999,
  at: 8_640_000_000_000_000,
  claim: { generation: 'g'.repeat(64), id: 'i'.repeat(64), epoch: Number.MAX_SAFE_INTEGER },
  resources: { cpus: 1e15, memory: 1e15, disk: 1e15, gpus: 1e15 },
};

/** Placeholders grow from 12 and 9 characters to at most 16 and 9, and default fields are added to files of 90 bytes or more. */
const mostGrowth = 1.5;

/** More than what comes from the pool takes in the message to a pilot: numbers, an owner of 256 characters, names of fields. */
const mostOfPool = 2 ** 15;

/** Whether every job of a request of so many bytes fits into the message to a pilot, whatever is in it. */
export const surelyFits = (bytes: number): boolean => mostOfPool + mostGrowth * bytes <= maxMessageBytes;

/** Whether the jobs of a cluster fit into the message that tells a pilot to start one. */
export class MessageSizes {
  readonly #ad: AdTexts;
  readonly #owner: string;
  readonly #common: number;

  /** @throws GlideinError TooLarge if the cluster's ad alone does not fit */
  constructor(ad: AdTexts, owner: string) {
    this.#ad = substituteCluster(ad, longest.cluster);
    this.#owner = owner;
    this.#common = this.#bytesOf({ attributes: {}, inputs: [] });
    requireFit(this.#common, 'the cluster');
  }

  /**
   * Whether every proc fits whose differences take at most so many bytes, as JSON in a request. Attributes that override the
   * cluster's count twice, so it may be that a larger one fits too.
   */
  surelyFits(bytes: number): boolean {
    return this.#common + mostGrowth * bytes <= maxMessageBytes;
  }

  /** @throws GlideinError TooLarge */
  check(differences: ProcDifferences, proc: number): void {
    requireFit(this.#bytesOf(differences), `proc ${proc}`);
  }

  #bytesOf({ attributes, inputs }: ProcDifferences): number {
    const cluster = { id: longest.cluster, owner: this.#owner, queuedAt: longest.at, ad: this.#ad };
    const own = substituteCluster(attributes, longest.cluster);
    const job = { cluster, proc: longest.proc, attributes: own, inputs };
    return Buffer.byteLength(JSON.stringify(startMessage(job, longest.claim, longest.resources)));
  }
}

function requireFit(bytes: number, what: string): void {
  if (bytes <= maxMessageBytes) return;
  throw new GlideinError(
    'TooLarge',
    `${what} takes ${bytes} bytes in the message to a pilot, which may have at most ${maxMessageBytes}`,
    { cure: 'move long texts into an input file, and pack many inputs into an archive' },
  );
}
