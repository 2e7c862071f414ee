import { jobTexts } from '#testing/ads.ts';
import type { SubmitRequest } from '#wire/jobs.ts';
import type { JobSource } from './neighbour.ts';

type Texts = Readonly<Record<string, string>>;

/**
 * What a harmless user submits: for every cluster of `source`, one with as many jobs, attributes and characters, but with
 * unremarkable content. So what the two cost others differs by their content, and not by their size.
 */
export class PlainJobs implements JobSource {
  readonly #source: JobSource;

  constructor(source: JobSource) {
    this.#source = source;
  }

  cluster(procs: number, flaw: boolean): SubmitRequest {
    const { cluster, procs: jobs, ...rest } = this.#source.cluster(procs, false);
    return {
      ...rest,
      key: `plain-${rest.key}`,
      cluster: { ...notes(cluster), ...jobTexts(flaw ? { Requirements: '(((' } : {}) },
      procs: jobs.map(({ attributes }) => ({ attributes: notes(attributes), inputs: [] })),
    };
  }

  constraint(): string {
    return 'JobStatus == 2';
  }
}

const notes = (attributes: Texts): Record<string, string> =>
  Object.fromEntries(
    Object.entries(attributes).map(([name, text]) => [`Note${name}`, `"${'x'.repeat(text.length)}"`]),
  );
