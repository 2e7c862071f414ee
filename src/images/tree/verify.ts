import { createHash } from 'node:crypto';
import { createReadStream, lstatSync, readlinkSync, type Stats } from 'node:fs';
import { type ListedEntry, parseLine } from './contents.ts';
import { imagePath, recordOf } from './image-directory.ts';
import { readContents } from './read-contents.ts';

/** The most differences that are told of one image. */
const mostTold = 20;

/**
 * Compares an image with the list of its contents.
 * @param deep whether to read every file, and not only to look at its size
 * @returns what differs, in words; empty if nothing does
 */
export async function verifyImage(
  directory: string,
  digest: string,
  deep: boolean,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const record = await recordOf(directory, digest);
  if (record === undefined) return ['its record is missing'];
  const path = imagePath(directory, digest);
  const differences: string[] = [];
  const compare = async (line: string): Promise<void> => {
    if (differences.length === mostTold) return;
    const entry = parseLine(line);
    const problem =
      entry === undefined ? 'the list of its contents cannot be read' : await problemOf(path, entry, deep);
    if (problem !== undefined) differences.push(problem);
  };
  const isRight = await readContents(`${path}.list.gz`, record.contents, compare, signal);
  return isRight ? differences : ['the list of its contents is missing, or is that of another image'];
}

async function problemOf(root: string, entry: ListedEntry, deep: boolean): Promise<string | undefined> {
  const at = Buffer.concat([Buffer.from(`${root}/`), Buffer.from(entry.path, 'latin1')]);
  const found = lstatSync(at, { throwIfNoEntry: false });
  const problem = found === undefined ? 'is missing' : await differenceOf(at, found, entry, deep);
  return problem === undefined ? undefined : `${entry.path.replace(/[^\x20-\x7e]/g, '?')} ${problem}`;
}

async function differenceOf(
  at: Buffer,
  found: Stats,
  entry: ListedEntry,
  deep: boolean,
): Promise<string | undefined> {
  if (!isKind(found, entry)) return `is no ${entry.kind}`;
  if (entry.kind === 'link') {
    const target = readlinkSync(at, { encoding: 'buffer' }).toString('latin1');
    return target === entry.target ? undefined : 'leads elsewhere';
  }
  if (permissionsOf(found) !== entry.mode) return 'has other permissions';
  if (entry.kind === 'directory') return undefined;
  if (found.size !== entry.size) return `has ${found.size} bytes, not ${entry.size}`;
  return deep && (await digestOf(at)) !== entry.digest ? 'has another content' : undefined;
}

/** Without the set-group-id bit of directories: a volume that Kubernetes has given to a group hands it down to all of them. */
const permissionsOf = (found: Stats): number => found.mode & (found.isDirectory() ? 0o5777 : 0o7777);

const isKind = (found: Stats, { kind }: ListedEntry): boolean =>
  kind === 'file' ? found.isFile() : kind === 'link' ? found.isSymbolicLink() : found.isDirectory();

async function digestOf(path: Buffer): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) hash.update(chunk);
  return hash.digest('hex');
}
