import type { Answer } from '../oracle.ts';

/** What HTCondor answered, one case a line; written by `hack/update-classad-answers.ts`. */
export const recordedFile = 'test/differential/classad/recorded.ndjson.gz';

/** A line of {@link recordedFile}. */
export type Recorded = readonly [
  expression: string,
  my: string | null,
  target: string | null,
  answer: Answer,
];
