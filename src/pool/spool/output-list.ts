import { createInterface } from 'node:readline';
import { describeError, GlideinError } from '#base/error.ts';
import { holdCodes } from '#base/hold-codes.ts';
import { type JobFile, maxOutputListBytes, mostOutputs, outputLine } from '#wire/file.ts';
import type { Finished } from '#wire/pilot-messages.ts';
import type { Blobs } from './blobs.ts';

/**
 * Completes a result whose outputs the pilot sent as a list in the spool. If the list cannot be read, the outcome becomes a
 * failure with the reason; this function does not throw for that.
 */
export async function withOutputs(blobs: Blobs, message: Finished): Promise<Finished> {
  const { outputList, ...rest } = message;
  if (outputList === undefined) return message;
  try {
    return { ...rest, ...(await read(blobs, outputList.digest)) };
  } catch (error) {
    const reason = `the list of outputs that the pilot sent cannot be read: ${describeError(error)}`;
    const failed = { kind: 'outputFailed' as const, holdCode: holdCodes.transferOutput, reason };
    const { outcome } = rest;
    if (outcome.kind === 'exited')
      return { ...rest, outcome: { ...failed, exit: { exitCode: outcome.exitCode } } };
    if (outcome.kind === 'signalled')
      return { ...rest, outcome: { ...failed, exit: { signal: outcome.signal } } };
    return rest;
  }
}

/** Reads line by line as the file arrives, so that other requests get their turn. */
async function read(blobs: Blobs, digest: string): Promise<Pick<Finished, 'outputs' | 'folders'>> {
  const size = await blobs.size(digest);
  if (size !== undefined && size > maxOutputListBytes)
    throw new GlideinError('TooLarge', `it has ${size} bytes, more than ${maxOutputListBytes}`);
  const outputs: JobFile[] = [];
  const folders: string[] = [];
  for await (const line of createInterface({ input: await blobs.read(digest), crlfDelay: Infinity })) {
    if (outputs.length + folders.length >= mostOutputs)
      throw new GlideinError('TooLarge', `it names more than ${mostOutputs} files`);
    const entry = outputLine.parse(JSON.parse(line));
    if ('folder' in entry) folders.push(entry.folder);
    else outputs.push(entry);
  }
  return { outputs, ...(folders.length === 0 ? {} : { folders }) };
}
