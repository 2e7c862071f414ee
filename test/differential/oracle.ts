import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface, type Interface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { chrooted } from '../../hack/htcondor/chrooted.mjs';

/** What the worker of `hack/htcondor/worker.py` is asked; see there. */
export type Question =
  | readonly ['e', expression: string, my: string | null, target: string | null]
  | readonly ['m', left: string, right: string]
  | readonly ['b', expression: string, my: string, targets: readonly string[], order: readonly number[]]
  | readonly ['p', texts: readonly string[], rounds: number];

export type Answer = string | boolean | readonly number[] | null;

/** The library ended the process instead of answering (some circular references make it crash). */
export const crashed = 'crashed';

type Child = ChildProcessByStdio<Writable, Readable, null>;

/** Questions that are on their way at once: enough to keep the library busy, few enough for the pipes. */
const window = 200;

/** HTCondor's own library in a process of its own, which is started again when a question kills it. */
export class Oracle implements AsyncDisposable {
  readonly #root: string;
  #child: Child | undefined;
  #lines: AsyncIterator<string> | undefined;
  #reader: Interface | undefined;

  /** `root`: what `hack/htcondor.mjs` makes. */
  constructor(root: string) {
    this.#root = root;
  }

  async ask(question: Question): Promise<Answer> {
    const [answer = null] = await this.askAll([question]);
    return answer;
  }

  /** The answers in the order of the questions; {@link crashed} where there is none. */
  async askAll(questions: readonly Question[]): Promise<Answer[]> {
    const answers: Answer[] = [];
    while (answers.length < questions.length) {
      const died = await this.#askSome(questions, answers);
      if (died) answers.push(crashed);
    }
    return answers;
  }

  /** Adds answers until there is one for each question or the worker has died. */
  async #askSome(questions: readonly Question[], answers: Answer[]): Promise<boolean> {
    const child = this.#start();
    let sent = answers.length;
    while (answers.length < questions.length) {
      if (sent < answers.length + window / 2) {
        const next = questions.slice(sent, answers.length + window);
        sent += next.length;
        child.stdin.write(next.map((question) => `${JSON.stringify(question)}\n`).join(''));
      }
      const line = await this.#lines?.next();
      if (line === undefined || line.done === true) {
        await this.#stop();
        return true;
      }
      answers.push(JSON.parse(line.value) as Answer);
    }
    return false;
  }

  #start(): Child {
    if (this.#child !== undefined) return this.#child;
    const { command, args, env } = chrooted(this.#root, ['python3', '/glidein/worker.py']);
    const child = spawn(command, args, { env, stdio: ['pipe', 'pipe', 'ignore'] });
    // A worker that dies takes the pipe along; the missing answer tells.
    child.stdin.on('error', () => {});
    this.#reader = createInterface({ input: child.stdout });
    this.#lines = this.#reader[Symbol.asyncIterator]();
    this.#child = child;
    return child;
  }

  async #stop(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    this.#reader?.close();
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exit = once(child, 'exit');
    child.kill('SIGKILL');
    await exit;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#stop();
  }
}
