import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Agent } from 'undici';
import { describeError, GlideinError } from '#base/error.ts';
import { systemCode } from '#base/system-error.ts';
import type { Terminal } from '#cli/terminal.ts';
import { imageStatusTable } from '#config/images-table.ts';
import { resolveSettings } from '#config/setting.ts';
import { readStatus, setsIn } from '#images/set/status-file.ts';
import { stateIn } from '#images/tree/leases.ts';
import { type ImageSetStatus, imageSetStatus } from '#spec/image-set-status.ts';
import { imagesDirectory } from './images-directory.ts';

/** Milliseconds in which a publisher answers. */
const answerLimit = 30_000;

/**
 * What publishers know of their sets: the one that the settings name, or all that publish into the directory.
 * @throws GlideinError Unavailable, Unauthenticated or InvalidMessage of a publisher
 */
export async function setStatuses(
  flags: Parameters<typeof resolveSettings>[1],
  terminal: Terminal,
): Promise<readonly ImageSetStatus[]> {
  const { publisher, publisherToken } = resolveSettings(imageStatusTable, flags, terminal.environment);
  if (publisher !== undefined) return [await ask(publisher, publisherToken, terminal.signal)];
  const folder = setsIn(stateIn(imagesDirectory(flags, terminal)));
  const names = await readdir(folder).catch((error: unknown) => {
    if (systemCode(error) === 'ENOENT') return [];
    throw error;
  });
  const files = names.filter((name) => name.endsWith('.json') && !name.startsWith('.')).sort();
  const found = await Promise.all(files.map((name) => readStatus(join(folder, name))));
  return found.filter((each) => each !== undefined);
}

async function ask(
  publisher: string,
  tokenFile: string | undefined,
  signal: AbortSignal,
): Promise<ImageSetStatus> {
  const token = tokenFile === undefined ? undefined : (await readFile(tokenFile, 'utf8')).trim();
  const { origin } = new URL(publisher);
  const agent = new Agent({ pipelining: 0, headersTimeout: answerLimit, bodyTimeout: answerLimit });
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const answer = await agent
    .request({ origin, path: '/v1/status', method: 'GET', headers, signal })
    .then(async ({ statusCode, body }) => ({ statusCode, body: jsonOf(await body.text()) }))
    .catch((error: unknown) => {
      signal.throwIfAborted();
      throw new GlideinError('Unavailable', `the publisher cannot be reached: ${describeError(error)}`);
    })
    .finally(() => void agent.close());
  if (answer.statusCode === 401)
    throw new GlideinError('Unauthenticated', 'the publisher wants another token', {
      cure: 'write --publisher-token FILE',
    });
  const status = imageSetStatus.safeParse(answer.body);
  if (status.success) return status.data;
  throw new GlideinError(
    'InvalidMessage',
    `the publisher at ${publisher} gives an answer that cannot be read`,
  );
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
