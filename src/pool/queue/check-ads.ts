import { setImmediate as nextTurn } from 'node:timers/promises';
import { GlideinError } from '#base/error.ts';
import { substituteCluster } from '#submit/cluster-number.ts';
import { adFromTexts } from '#wire/ad-texts.ts';
import type { SubmitRequest } from '#wire/jobs.ts';
import { maxMessageBytes } from '#wire/protocol.ts';

/** A job travels to its pilot in one message, beside some fields of the claim. */
const mostJobBytes = maxMessageBytes - 64 * 1024;

/** Procs that are checked before others get their turn. */
const slice = 1000;

/** Texts that are remembered as parsed; beyond that they are parsed again. */
const mostRemembered = 100_000;

/**
 * Every expression must parse now, where its author hears of it, and not when it is matched; and every job must fit
 * into a message, or its pilot would close the connection at each try.
 * @throws GlideinError InvalidExpression, TooLarge
 */
export async function checkAds({ cluster, procs }: SubmitRequest): Promise<void> {
  const clusterBytes = bytesOf(cluster);
  checkSize(clusterBytes, 'the cluster');
  adFromTexts(substituteCluster(cluster, 1));
  const parsed = new Set<string>();
  for (const [index, { attributes, inputs }] of procs.entries()) {
    if (index % slice === slice - 1) await nextTurn();
    checkSize(clusterBytes + bytesOf(attributes) + bytesOf(inputs), `proc ${index}`);
    for (const [name, text] of Object.entries(attributes)) checkText(name, text, parsed);
  }
}

function checkText(name: string, text: string, parsed: Set<string>): void {
  if (parsed.has(text)) return;
  adFromTexts(substituteCluster({ [name]: text }, 1));
  if (parsed.size < mostRemembered) parsed.add(text);
}

const bytesOf = (value: unknown): number => Buffer.byteLength(JSON.stringify(value));

function checkSize(bytes: number, what: string): void {
  if (bytes <= mostJobBytes) return;
  throw new GlideinError('TooLarge', `${what} has ${bytes} bytes; a job may have ${mostJobBytes} at most`, {
    cure: 'move long texts into an input file',
  });
}
