import { diesWithParent } from '#base/dies-with-parent.ts';
import { GlideinError } from '#base/error.ts';
import type { ImageFiles } from '../publish/expand-image.ts';
import type { StagedImage } from '../tree/staged-image.ts';
import type { UnpackLimits } from '../unpack/layer-writer.ts';
import { runBounded } from './run-bounded.ts';
import { errorOf, type WorkAnswer, type WorkOrder, workAnswer } from './work-order.ts';
import { workerMemory } from './worker-memory.ts';

export interface WorkerOptions {
  /** Node, and the program that reads an order from its input and writes its answer. */
  readonly program: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** Milliseconds for one order. */
  readonly timeLimit: number;
  /** Mebibytes of memory that the publisher and all that it starts may take. */
  readonly memory: number;
}

/** Bytes of heap for an image of any size, and for each of its entries. */
const heap = { least: 192 * 2 ** 20, perEntry: 600 };

/** Mebibytes of a part of the young heap, of which there are three. */
const young = 4;

/** Expands and checks images in processes of their own. */
export class Worker {
  readonly #options: WorkerOptions;

  constructor(options: WorkerOptions) {
    this.#options = options;
  }

  /** How many images are expanded, or checked, at a time, of as many as a set wants. */
  parallel(wanted: number): number {
    return workerMemory(this.#options.memory, wanted).processes;
  }

  /**
   * @param wanted how many images the set wants to be expanded at a time
   * @throws GlideinError of the image; TooLarge if it takes too much memory; errors of the file system
   */
  async expand(
    files: ImageFiles,
    tree: string,
    limits: UnpackLimits,
    wanted: number,
    signal: AbortSignal,
  ): Promise<StagedImage> {
    const enough = Math.ceil((heap.least + limits.entries * heap.perEntry) / 2 ** 20);
    const mebibytes = Math.min(this.#heap(wanted), enough);
    const order: WorkOrder = { kind: 'expand', files: { ...files, layers: [...files.layers] }, tree, limits };
    const answer = await this.#ask(order, mebibytes, signal);
    if (answer.kind === 'expanded') return answer.image;
    throw unexpected();
  }

  /** What differs between an image and the list of its contents, in words. */
  async verify(
    directory: string,
    digest: string,
    wanted: number,
    signal: AbortSignal,
  ): Promise<readonly string[]> {
    const answer = await this.#ask({ kind: 'verify', directory, digest }, this.#heap(wanted), signal);
    if (answer.kind === 'verified') return answer.differences;
    throw unexpected();
  }

  #heap(wanted: number): number {
    return workerMemory(this.#options.memory, wanted).heap;
  }

  async #ask(order: WorkOrder, mebibytes: number, signal: AbortSignal): Promise<WorkAnswer> {
    const { program, environment, timeLimit } = this.#options;
    const [node = '', ...words] = program;
    const command = await diesWithParent(
      [node, `--max-old-space-size=${mebibytes}`, `--max-semi-space-size=${young}`, ...words],
      environment['PATH'],
    );
    const run = await runBounded(command, {
      timeLimit,
      environment,
      signal,
      input: `${JSON.stringify(order)}\n`,
    });
    if (run.isLate) throw new GlideinError('Timeout', 'the image takes too long to be expanded');
    if (run.code === undefined || run.code > 128)
      throw new GlideinError(
        'TooLarge',
        `the image takes more than ${mebibytes} MiB of memory to be expanded`,
        {
          cure: 'give the publisher more memory, or let the set publish fewer images at a time: limits.parallel',
        },
      );
    const answer = run.code === 0 ? workAnswer.safeParse(jsonOf(run.output)).data : undefined;
    if (answer === undefined)
      throw new GlideinError('Internal', `the image could not be expanded: ${run.words}`);
    if (answer.kind === 'failed') throw errorOf(answer.failure);
    return answer;
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const unexpected = (): GlideinError =>
  new GlideinError('Internal', 'the process that expands images gave another answer than was asked for');
