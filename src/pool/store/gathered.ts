interface Batch<Question, Answer> {
  readonly questions: Question[];
  readonly answers: Promise<readonly Answer[]>;
}

/** Asks several questions at a time: those that come while some are being answered go together after them. */
export class Gathered<Question, Answer> {
  readonly #ask: (questions: readonly Question[]) => Promise<readonly Answer[]>;
  #next: Batch<Question, Answer> | undefined;
  #asking: Promise<unknown> = Promise.resolve();

  /** @param ask answers each question at its place */
  constructor(ask: (questions: readonly Question[]) => Promise<readonly Answer[]>) {
    this.#ask = ask;
  }

  async answer(question: Question): Promise<Answer> {
    this.#next ??= this.#batch();
    const { questions, answers } = this.#next;
    const place = questions.push(question) - 1;
    return (await answers)[place] as Answer;
  }

  #batch(): Batch<Question, Answer> {
    const questions: Question[] = [];
    const answers = this.#asking.then(() => {
      this.#next = undefined;
      return this.#ask(questions);
    });
    this.#asking = answers.catch(() => undefined);
    return { questions, answers };
  }
}
