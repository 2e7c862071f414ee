import { diesWithParent } from '#base/dies-with-parent.ts';
import { GlideinError } from '#base/error.ts';
import type { ImageFiles } from '../publish/expand-image.ts';
import type { StagedImage } from '../tree/staged-image.ts';
import type { UnpackLimits } from '../unpack/layer-writer.ts';
import { runBounded } from './run-bounded.ts';
import { errorOf, type WorkAnswer, type WorkOrder, workAnswer } from './work-order.ts';

export interface WorkerOptions {
  /** Node, and the program that reads an order from its input and writes its answer. */
  readonly program: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** Milliseconds for one order. */
  readonly timeLimit: number;
  /** The most mebibytes of memory for one order. */
  readonly memory: number;
}

/** Bytes of memory for an image of any size, and for each of its entries. */
const memory = { least: 192 * 2 ** 20, perEntry: 600 };

/** Expands and checks images in processes of their own. */
export class Worker {
  readonly #options: WorkerOptions;

  constructor(options: WorkerOptions) {
    this.#options = options;
  }

  /** @throws GlideinError of the image; TooLarge if it takes too much memory; errors of the file system */
  async expand(
    files: ImageFiles,
    tree: string,
    limits: UnpackLimits,
    signal: AbortSignal,
  ): Promise<StagedImage> {
    const wanted = Math.ceil((memory.least + limits.entries * memory.perEntry) / 2 ** 20);
    const mebibytes = Math.min(this.#options.memory, wanted);
    const order: WorkOrder = { kind: 'expand', files: { ...files, layers: [...files.layers] }, tree, limits };
    const answer = await this.#ask(order, mebibytes, signal);
    if (answer.kind === 'expanded') return answer.image;
    throw unexpected();
  }

  /** What differs between an image and the list of its contents, in words. */
  async verify(directory: string, digest: string, signal: AbortSignal): Promise<readonly string[]> {
    const answer = await this.#ask({ kind: 'verify', directory, digest }, this.#options.memory, signal);
    if (answer.kind === 'verified') return answer.differences;
    throw unexpected();
  }

  async #ask(order: WorkOrder, mebibytes: number, signal: AbortSignal): Promise<WorkAnswer> {
    const { program, environment, timeLimit } = this.#options;
    const [node = '', ...words] = program;
    const command = await diesWithParent(
      [node, `--max-old-space-size=${mebibytes}`, ...words],
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
