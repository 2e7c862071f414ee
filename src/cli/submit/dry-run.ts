import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { ClassAd } from '#classad/class-ad.ts';
import { printAd } from '#classad/print.ts';
import { substituteCluster } from '#submit/cluster-number.ts';
import type { SubmitDescription } from '#submit/parse-submit.ts';
import type { Terminal } from '../terminal.ts';

/** The number that stands for the one which the pool would give. */
const cluster = 1;

/**
 * Prints every job's whole ad as the pool would keep it, with {@link cluster} as its ClusterId: in the old syntax with a
 * blank line between jobs, or as a JSON array of `{attribute: expression text}`. As fast as the reader takes it.
 */
export async function printDryRun(
  description: SubmitDescription,
  output: 'text' | 'json',
  { out, signal }: Pick<Terminal, 'out' | 'signal'>,
): Promise<void> {
  const text = output === 'json' ? jsonText(description) : oldText(description);
  await pipeline(Readable.from(text), out, { end: false, signal });
}

function* oldText(description: SubmitDescription): Generator<string> {
  let gap = '';
  for (const texts of ads(description)) {
    yield gap + printAd(ClassAd.fromTexts(texts), 'old');
    gap = '\n';
  }
}

function* jsonText(description: SubmitDescription): Generator<string> {
  let before = '[\n';
  for (const texts of ads(description)) {
    yield before + JSON.stringify(texts, null, 2);
    before = ',\n';
  }
  yield '\n]\n';
}

function* ads({ cluster: shared, procs }: SubmitDescription): Generator<Record<string, string>> {
  for (const [proc, { attributes }] of procs.entries()) {
    const texts = { ...shared, ...attributes, ClusterId: String(cluster), ProcId: String(proc) };
    const sorted = Object.entries(substituteCluster(texts, cluster)).sort(byName);
    yield Object.fromEntries(sorted);
  }
}

function byName([a]: readonly [string, string], [b]: readonly [string, string]): number {
  return a.toLowerCase() < b.toLowerCase() ? -1 : 1;
}
