import { join } from 'node:path';
import type { Command } from 'commander';
import { type Clock, systemClock } from '#base/clock.ts';
import { parseDuration } from '#base/duration.ts';
import { GlideinError, isCode } from '#base/error.ts';
import { sleep } from '#base/sleep.ts';
import { addSettings } from '#cli/add-settings.ts';
import { print, type Terminal } from '#cli/terminal.ts';
import { imageStatusTable } from '#config/images-table.ts';
import { type ImageReference, parseReference, referenceText } from '#images/registry/reference.ts';
import type { ImageSetStatus, ImageStatus } from '#spec/image-set-status.ts';
import { setStatuses } from './set-statuses.ts';

/** Milliseconds between two looks. */
const look = 1000;

/** Failures that pass without anybody's doing. */
const passing: ReadonlySet<string> = new Set(['Unavailable', 'Timeout', 'NoSpace']);

/** `glidein images wait`: until an image is live. */
export function waitCommand(images: Command, terminal: Terminal, clock: Clock = systemClock): void {
  addSettings(images.command('wait'), imageStatusTable)
    .argument('<image>', 'NAME:TAG, or NAME:TAG@sha256:DIGEST with what was pushed')
    .summary('wait until an image is live')
    .description(
      'Waits until the publisher of a set has published an image, and prints its path and its digest. Ends with its reason if that fails.',
    )
    .option('--timeout <DURATION>', 'give up after this time', '1h')
    .option('--platform <PLATFORM>', 'for which machines', 'linux/amd64')
    .addHelpText(
      'after',
      `
With the digest that was pushed, it waits until the tag leads to that; without, any image under the tag will do. A failure from before this
command began is not the end: what was pushed since may cure it.

Examples:
  $ glidein images wait ghcr.io/org/analysis:2026-11@sha256:0123… --timeout 30m
  $ read -r path digest < <(glidein images wait debian:12)`,
    )
    .action(async (word: string, _options, command: Command) => {
      const flags = command.optsWithGlobals();
      const wanted = parseReference(word);
      const end = clock.monotonic() + parseDuration(flags.timeout);
      const waiting = { wanted, platform: String(flags.platform), since: clock.wall() };
      for (;;) {
        const found = await lookOnce(() => setStatuses(flags, terminal), waiting);
        if (found.path !== undefined) {
          print(terminal, `${found.path} ${found.digest}`);
          return;
        }
        if (clock.monotonic() >= end) throw lateBecause(wanted, found.why);
        await sleep(clock, look, terminal.signal);
        terminal.signal.throwIfAborted();
      }
    });
}

interface Waiting {
  readonly wanted: ImageReference;
  readonly platform: string;
  /** Milliseconds since the epoch. */
  readonly since: number;
}

interface Looked {
  readonly path?: string;
  readonly digest?: string;
  /** Why it is not live yet. */
  readonly why: string;
}

async function lookOnce(
  ask: () => Promise<readonly ImageSetStatus[]>,
  { wanted, platform, since }: Waiting,
): Promise<Looked> {
  // A publisher that starts anew answers again soon.
  const sets = await ask().catch((error: unknown) => {
    if (!isCode(error, 'Unavailable')) throw error;
    return error.message;
  });
  if (typeof sets === 'string') return { why: sets };
  const name = referenceText(wanted.tag === undefined ? wanted : { ...wanted, digest: undefined });
  for (const { images, directory } of sets) {
    const image = images.find((each) => each.reference === name && each.platform === platform);
    if (image !== undefined) return stateOf(image, directory, wanted, since);
  }
  return { why: 'no set that is published here names it' };
}

/** @throws GlideinError with the reason for which it will not be live */
function stateOf(image: ImageStatus, directory: string, wanted: ImageReference, since: number): Looked {
  const { reference, path, digest, failure } = image;
  if (path !== undefined && digest !== undefined && isWanted(image, wanted))
    return { path: join(directory, path), digest, why: '' };
  if (failure === undefined) return { why: 'it has not been looked for yet' };
  const isOurs =
    wanted.digest === undefined ? Date.parse(failure.at) >= since : failure.registryDigest === wanted.digest;
  const why = `${failure.code}: ${failure.reason}`;
  if (isOurs && !passing.has(failure.code))
    throw new GlideinError('Conflict', `${reference} is not published: ${why}`);
  return { why };
}

const isWanted = ({ digest, registryDigest }: ImageStatus, wanted: ImageReference): boolean =>
  wanted.digest === undefined || wanted.digest === digest || wanted.digest === registryDigest;

const lateBecause = (wanted: ImageReference, why: string): GlideinError =>
  new GlideinError('Timeout', `${referenceText(wanted)} is not live: ${why}`);
