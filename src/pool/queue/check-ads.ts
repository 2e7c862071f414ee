import { setImmediate as nextTurn } from 'node:timers/promises';
import { GlideinError } from '#base/error.ts';
import { substituteCluster } from '#submit/language/cluster-number.ts';
import { type AdTexts, adFromTexts } from '#wire/ad-texts.ts';
import type { JobFile } from '#wire/file.ts';
import type { SubmitRequest } from '#wire/jobs.ts';
import { maxMessageBytes } from '#wire/protocol.ts';
import { startMessage } from '../jobs/start-message.ts';

/** A claim and numbers of the greatest possible length, so that whatever the pool chooses later also fits. */
const longest = {
  cluster: Number.MAX_SAFE_INTEGER,
  at: 8_640_000_000_000_000,
  claim: { generation: 'g'.repeat(64), id: 'i'.repeat(64), epoch: Number.MAX_SAFE_INTEGER },
  resources: { cpus: 1e15, memory: 1e15, disk: 1e15, gpus: 1e15 },
};

/** Procs that are checked before other requests get their turn. */
const slice = 1000;

/** The most texts that are remembered as valid; others are parsed again. */
const mostRemembered = 100_000;

/**
 * Checks that every expression parses, so that its author learns of a mistake now and not when the job is matched, and that
 * every job fits into the message that will tell a pilot to start it.
 * @throws GlideinError InvalidExpression, TooLarge
 */
export async function checkAds({ cluster, procs }: SubmitRequest, owner: string): Promise<void> {
  const id = longest.cluster;
  const ad = substituteCluster(cluster, id);
  const sizeOf = (proc: number, attributes: AdTexts, inputs: readonly JobFile[]): number => {
    const job = { cluster: { id, owner, queuedAt: longest.at, ad }, proc, attributes, inputs };
    return bytesOf(startMessage(job, longest.claim, longest.resources));
  };
  const common = sizeOf(procs.length, {}, []);
  checkSize(common, 'the cluster');
  adFromTexts(substituteCluster(cluster, 1));
  const parsed = new Set<string>();
  for (const [index, { attributes, inputs }] of procs.entries()) {
    if (index % slice === slice - 1) await nextTurn();
    const own = substituteCluster(attributes, id);
    // An upper bound: attributes that override the cluster's count twice. Only if it is too large, the real message is measured.
    const most = common + bytesOf(own) + bytesOf(inputs);
    if (most > maxMessageBytes) checkSize(sizeOf(index, own, inputs), `proc ${index}`);
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
  if (bytes <= maxMessageBytes) return;
  throw new GlideinError(
    'TooLarge',
    `${what} takes ${bytes} bytes in the message to a pilot, which may have at most ${maxMessageBytes}`,
    { cure: 'move long texts into an input file, and pack many inputs into an archive' },
  );
}
