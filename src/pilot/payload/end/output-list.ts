import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { GlideinError } from '#base/error.ts';
import { longestInlineOutputs, maxOutputListBytes } from '#wire/file.ts';
import type { Finished } from '#wire/pilot-messages.ts';
import { type Uploader, uploadFiles } from '../../transfer/upload.ts';

type Listed = Pick<Finished, 'outputs' | 'outputList' | 'folders'>;

/**
 * The outputs as `finished` lists them: in the message itself, or in a file in the spool if they are too many, or their
 * names too long, for a message.
 * @throws GlideinError TooLarge
 */
export async function listOutputs(
  outputs: Listed,
  directory: string,
  {
    uploader,
    signal,
    outputLists,
  }: {
    readonly uploader: Uploader;
    readonly signal: AbortSignal;
    /** Whether the pool reads such a file. An older pool gets the list in the message, whatever its size. */
    readonly outputLists: () => boolean;
  },
): Promise<Listed> {
  const folders = (outputs.folders ?? []).map((folder) => ({ folder }));
  const lines = [...outputs.outputs, ...folders].map((line) => `${JSON.stringify(line)}\n`).join('');
  const bytes = Buffer.byteLength(lines);
  if (bytes <= longestInlineOutputs || !outputLists()) return outputs;
  if (bytes > maxOutputListBytes) {
    throw new GlideinError(
      'TooLarge',
      `the names of the job's outputs take ${bytes} bytes, more than ${maxOutputListBytes}`,
      { cure: 'pack the outputs into an archive' },
    );
  }
  const path = join(directory, 'outputs');
  await writeFile(path, lines);
  const [list] = await uploadFiles(uploader, [{ name: 'outputs', path, executable: false }], signal);
  return list === undefined ? outputs : { outputs: [], outputList: { digest: list.digest, size: list.size } };
}
