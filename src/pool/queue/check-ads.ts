import { setImmediate as nextTurn } from 'node:timers/promises';
import { GlideinError } from '#base/error.ts';
import { substituteCluster } from '#submit/language/cluster-number.ts';
import { type AdTexts, adFromTexts } from '#wire/ad-texts.ts';
import type { JobFile } from '#wire/file.ts';
import type { SubmitRequest } from '#wire/jobs.ts';
import { maxMessageBytes } from '#wire/protocol.ts';
import { startMessage } from '../jobs/start-message.ts';

/** A claim and numbers as long as they can become: whatever the pool chooses later fits as well. */
const longest = {
  cluster: Number.MAX_SAFE_INTEGER,
  at: 8_640_000_000_000_000,
  claim: { generation: 'g'.repeat(64), id: 'i'.repeat(64), epoch: Number.MAX_SAFE_INTEGER },
  resources: { cpus: 1e15, memory: 1e15, disk: 1e15, gpus: 1e15 },
};

/** Procs that are checked before others get their turn. */
const slice = 1000;

/** Texts that are remembered as parsed; beyond that they are parsed again. */
const mostRemembered = 100_000;

/**
 * Every expression must parse now, where its author hears of it, and not when it is matched; and every job must fit
 * into the very message that will tell a pilot to start it.
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
    // Names that the proc has from its cluster as well count twice here; the message itself decides where that matters.
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
    `${what} takes ${bytes} bytes to tell a pilot; that message may have ${maxMessageBytes}`,
    { cure: 'move long texts into an input file, and pack many inputs into an archive' },
  );
}
