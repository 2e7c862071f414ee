import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { checkUnsupported } from '#cli/submit/check-unsupported.ts';
import { randomOf } from '#testing/random-of.ts';
import { selfMadeProxy } from './self-made-proxy.ts';
import { type JobAds, ourAds, ourDescription, theirAds } from './submit-answers.ts';
import { comparable } from './submit-comparison.ts';
import { type GeneratedFile, generateSubmitFiles, writeWhatTheyName } from './submit-generator.ts';

import { htcondorRoot, skipWithoutHtcondor } from './with-htcondor.ts';

/** The same files in every run; another seed is asked for by the environment. */
const usualSeed = 20_261_129;
const seed = Number(process.env.GLIDEIN_TEST_SEED ?? usualSeed);
/** A soak asks about 500. */
const count = Number(process.env.GLIDEIN_TEST_SUBMIT_FILES ?? 120);

const work = mkdtempSync(join(tmpdir(), 'glidein-submit-files-'));
const folder = join(work, 'jobs');
afterAll(() => rmSync(work, { recursive: true, force: true }));

type Verdict = 'equal' | 'different' | 'refused by both' | 'refused here alone' | 'refused by HTCondor alone';

/** A real file that runs under HTCondor runs here, or is refused for a reason. */
test(`${count} submit files in the manner of real ones become the same jobs`, {
  timeout: 900_000,
}, async (context) => {
  skipWithoutHtcondor(context);
  writeWhatTheyName(folder, await selfMadeProxy());
  const files = generateSubmitFiles(count, randomOf(seed));
  for (const { name, text } of files) writeFileSync(join(folder, name), text);
  const macros = new Map(files.map((file) => [file.name, file.macros]));
  const answers = await theirAds(
    htcondorRoot(),
    [...macros.keys()],
    folder,
    (name) => macros.get(name) ?? [],
  );
  const found = files.map((file) => ({ file, ...judge(file, answers.get(file.name) ?? 'no answer') }));
  console.log(summary(found, seed));
  for (const { file, verdict, ours, theirs } of found) {
    if (verdict === 'different') expect(ours, `${file.text}\n(seed ${seed})`).toEqual(theirs);
    expect(verdict, `${file.text}\n(seed ${seed}) ${JSON.stringify(theirs)}`).not.toBe(
      'refused by HTCondor alone',
    );
  }
});

interface Judged {
  readonly verdict: Verdict;
  readonly ours: JobAds | string;
  readonly theirs: JobAds | string;
  /** Why it is refused here. */
  readonly reason?: string;
}

function judge({ name, macros }: GeneratedFile, answer: JobAds | string): Judged {
  const own = ourAds(name, answer, folder, macros);
  const [ours, theirs] = comparable(name, own, answer);
  const both = { ours, theirs };
  if (typeof own === 'string') {
    if (typeof answer === 'string') return { ...both, verdict: 'refused by both' };
    return { ...both, verdict: 'refused here alone', reason: own };
  }
  if (typeof answer === 'string') return { ...both, theirs: answer, verdict: 'refused by HTCondor alone' };
  try {
    expect(ours).toEqual(theirs);
  } catch {
    return { ...both, verdict: 'different' };
  }
  const reason = whyNotQueued(name, answer, macros);
  return reason === undefined
    ? { ...both, verdict: 'equal' }
    : { ...both, verdict: 'refused here alone', reason };
}

/** The dry run shows what HTCondor shows; what pilots cannot do is refused when it is to be queued. */
function whyNotQueued(name: string, answer: JobAds | string, macros: readonly string[]): string | undefined {
  try {
    checkUnsupported(ourDescription(name, answer, folder, macros));
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function summary(found: readonly Judged[], of: number): string {
  const counts = new Map<string, number>();
  const count = (line: string) => counts.set(line, (counts.get(line) ?? 0) + 1);
  for (const { verdict, reason } of found) {
    count(verdict);
    // Paths and names differ from file to file.
    if (reason !== undefined)
      count(`  ${reason.replace(/^refused: (\S+:\d+:\d+: )?/, '').replace(/"[^"]*"/g, '"…"')}`);
  }
  const lines = [...counts].sort(([a], [b]) => a.trim().localeCompare(b.trim()));
  return [
    `${found.length} files, seed ${of}:`,
    ...lines.map(([line, many]) => `${String(many).padStart(5)} ${line}`),
  ].join('\n');
}
