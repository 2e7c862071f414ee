import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { describeError, GlideinError } from '#base/error.ts';
import { ClassAd } from '#classad/class-ad.ts';
import { printAd } from '#classad/print.ts';
import { substituteCluster } from '#submit/language/cluster-number.ts';
import type { SubmitDescription } from '#submit/parse-submit.ts';
import { eachProc } from '#submit/queue/procs.ts';
import type { Terminal } from '../terminal.ts';

/** Stands for the cluster number that the pool would assign. */
export const dryRunCluster = 1;

/**
 * Prints every job's whole ad as the pool would keep it, with {@link dryRunCluster} as its ClusterId: in the old syntax with a
 * blank line between jobs, or as a JSON array of `{attribute: expression text}`. It writes only as fast as its output is read.
 */
export async function printDryRun(
  description: SubmitDescription,
  output: 'text' | 'json',
  { out, signal }: Pick<Terminal, 'out' | 'signal'>,
): Promise<void> {
  await pipeline(Readable.from(textOf(description, output)), out, { end: false, signal });
}

/** The same into a file. @throws GlideinError WriteFailed */
export async function writeDryRun(
  description: SubmitDescription,
  output: 'text' | 'json',
  path: string,
  signal: AbortSignal,
): Promise<void> {
  try {
    await pipeline(Readable.from(textOf(description, output)), createWriteStream(path), { signal });
  } catch (cause) {
    if (signal.aborted) throw cause;
    throw new GlideinError('WriteFailed', `cannot write the ads to ${path}: ${describeError(cause)}`, {
      cause,
      cure: 'name a file in a directory that you can write to',
    });
  }
}

const textOf = (description: SubmitDescription, output: 'text' | 'json'): Generator<string> =>
  output === 'json' ? jsonText(description) : oldText(description);

/** Prints each job's ad under its name, as -verbose shows it once the pool has assigned the cluster number. */
export async function printVerbose(
  description: SubmitDescription,
  clusterId: number,
  { out, signal }: Pick<Terminal, 'out' | 'signal'>,
): Promise<void> {
  await pipeline(Readable.from(verboseText(description, clusterId)), out, { end: false, signal });
}

function* verboseText(description: SubmitDescription, clusterId: number): Generator<string> {
  let proc = 0;
  for (const texts of ads(description, clusterId)) {
    yield `\n** Proc ${clusterId}.${proc}:\n${printAd(ClassAd.fromTexts(texts), 'old')}`;
    proc += 1;
  }
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

function* ads(description: SubmitDescription, clusterId = dryRunCluster): Generator<Record<string, string>> {
  const shared = { ...description.cluster };
  // condor_submit tells it to the schedd, and does not print it.
  delete shared['JobMaterializeLimit'];
  let proc = 0;
  for (const { attributes } of eachProc(description)) {
    const texts = { ...shared, ...attributes, ClusterId: String(clusterId), ProcId: String(proc) };
    const sorted = Object.entries(substituteCluster(texts, clusterId)).sort(byName);
    yield Object.fromEntries(sorted);
    proc += 1;
  }
}

function byName([a]: readonly [string, string], [b]: readonly [string, string]): number {
  return a.toLowerCase() < b.toLowerCase() ? -1 : 1;
}
