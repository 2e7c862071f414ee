import type { Header } from 'tar-stream';
import { GlideinError } from '#base/error.ts';
import { directoryMode, fileMode } from './permissions.ts';
import type { TreeFiles } from './tree-files.ts';
import {
  type ByteName,
  type DirectoryNode,
  join,
  newDirectory,
  type Place,
  partsOf,
  type TreeNode,
  walk,
} from './tree-index.ts';

/** An entry of a layer; names have one character for each byte. */
export type LayerEntry = Pick<Header, 'name' | 'linkname' | 'type' | 'mode' | 'size' | 'mtime'>;

/** Where the content of an entry goes. */
export interface EntryContent {
  /** @throws GlideinError NoSpace; errors of the file system */
  readonly write: (chunk: Buffer) => void;
  readonly finish: () => void;
  /** Gives up; what has been written stays where it is. */
  readonly abandon: () => void;
}

/** What the layers of an image have, and what was left out. */
export interface UnpackCounts {
  entries: number;
  /** Bytes of files. */
  bytes: number;
  /** Device nodes and named pipes: nobody but root could make them, and containers bring their own. */
  devices: number;
}

/** Bounds on what an image may have. */
export interface UnpackLimits {
  readonly entries: number;
  readonly bytes: number;
  /** Bytes that stay free on the disk: a small archive may have very large files, and others need the disk, too. None if undefined. */
  readonly reserve?: number | undefined;
}

/** Bytes after which the disk is looked at again, since others write there, too; and what an entry takes there without its content. */
const look = 16 * 2 ** 20;
const perEntry = 4096;

/** Files and directories of which a file system must be able to take as many more, where it has a bound: others need some, too. */
const filesReserve = 16_384;

/** The most bytes of a path below the root of an image: the kernel takes 4096, with the directory of the image. */
const longestPath = 3000;

/** The most directories within each other: to make and to remove one costs as much as there are above it. */
const deepest = 256;

const whiteout = '.wh.';
const opaque = '.wh..wh..opq';

/**
 * Writes the entries of one layer over what the layers below it have left.
 *
 * | entry                     | what is at its path                | then                                              |
 * |---------------------------|------------------------------------|---------------------------------------------------|
 * | directory                 | a directory                        | it stays, with the permissions of the entry       |
 * | anything                  | something else                     | that is removed first, a directory with all in it |
 * | `.wh.NAME`                | anything from a layer below        | NAME is removed                                   |
 * | `.wh..wh..opq`            | —                                  | what layers below put into the directory is removed |
 * | hard link                 | —                                  | another name of a file of this or a lower layer   |
 * | device node, named pipe   | —                                  | left out, and counted                             |
 *
 * **Gotchas.** A whiteout never removes what its own layer has brought, in whichever order they come.
 */
export class LayerWriter {
  readonly #root: DirectoryNode;
  readonly #files: TreeFiles;
  readonly #layer: number;
  readonly #counts: UnpackCounts;
  readonly #limits: UnpackLimits;
  /** Directories from which this layer has removed everything of those below. */
  readonly #pruned = new Set<DirectoryNode>();
  /** Bytes since the disk was looked at. */
  #unlooked = look;

  constructor(
    tree: { readonly root: DirectoryNode; readonly files: TreeFiles },
    layer: number,
    counts: UnpackCounts,
    limits: UnpackLimits,
  ) {
    this.#root = tree.root;
    this.#files = tree.files;
    this.#layer = layer;
    this.#counts = counts;
    this.#limits = limits;
  }

  /**
   * Begins an entry.
   * @returns the file to which its content is to be written; undefined for an entry without content
   * @throws GlideinError InvalidMessage or TooLarge if the layer is not to be had; errors of the file system
   */
  begin(entry: LayerEntry): EntryContent | undefined {
    this.#count(entry);
    const parts = partsOf(entry.name);
    // What stands in an archive was there when it was made, so no honest one has such a name.
    if (parts.includes('..')) throw leadsOut(entry.name);
    const name = parts.pop();
    if (name === undefined) {
      if (entry.type === 'directory') this.#describe(this.#root, entry);
      return undefined;
    }
    const parent = walk(this.#root, parts, (place, missing) => {
      // One entry with a long path makes many directories.
      this.#countEntry();
      return this.#add(place, missing);
    }) as Place;
    if (name.startsWith(whiteout)) this.#whiteOut(parent, name);
    else return this.#put(parent, name, entry);
    return undefined;
  }

  #count({ name, size }: LayerEntry): void {
    this.#countEntry();
    this.#counts.bytes += size;
    const { bytes } = this.#limits;
    if (this.#counts.bytes > bytes)
      throw new GlideinError('TooLarge', `the image has more than ${bytes} bytes of files`);
    if (name.length > longestPath)
      throw new GlideinError('InvalidMessage', `a layer has a path of more than ${longestPath} bytes`);
    this.#requireRoom(0, size);
  }

  #countEntry(): void {
    this.#counts.entries += 1;
    const { entries } = this.#limits;
    if (this.#counts.entries > entries)
      throw new GlideinError('TooLarge', `the image has more than ${entries} entries`);
    this.#requireRoom(perEntry, 0);
  }

  /** @param coming bytes that are to be written after those */
  #requireRoom(written: number, coming: number): void {
    const { reserve } = this.#limits;
    this.#unlooked += written;
    if (reserve === undefined || Math.max(this.#unlooked, coming) < look) return;
    this.#unlooked = 0;
    const free = this.#files.free();
    if (free.files < filesReserve)
      throw new GlideinError(
        'NoSpace',
        `the image has more files than its file system can take: ${filesReserve} are to stay free`,
      );
    if (free.bytes < coming + reserve)
      throw new GlideinError(
        'NoSpace',
        `the files of the image need more space than there is: ${Math.floor(reserve / 2 ** 20)} MiB are to stay free`,
      );
  }

  #put(parent: Place, name: ByteName, entry: LayerEntry): EntryContent | undefined {
    const path = join(parent.path, name);
    if (path.length > longestPath) throw leadsOut(entry.name);
    switch (entry.type) {
      case 'directory':
        this.#describe(this.#directoryAt(parent, name), entry);
        return undefined;
      case 'symlink':
        this.#clear(parent, name);
        this.#files.makeLink(path, entry.linkname, entry.mtime.getTime());
        parent.directory.children.set(name, { kind: 'link', layer: this.#layer, target: entry.linkname });
        return undefined;
      case 'link':
        this.#link(parent, name, entry.linkname);
        return undefined;
      case 'file':
      case 'contiguous-file':
        return this.#file(parent, name, entry);
      case 'block-device':
      case 'character-device':
      case 'fifo':
        this.#clear(parent, name);
        this.#counts.devices += 1;
        return undefined;
      default:
        throw new GlideinError(
          'Unsupported',
          `a layer has an entry of the unknown kind ${String(entry.type)}`,
        );
    }
  }

  #file(parent: Place, name: ByteName, { mode, size, mtime }: LayerEntry): EntryContent {
    this.#clear(parent, name);
    const file = this.#files.newFile(join(parent.path, name));
    const finish = (): void => {
      const digest = file.finish(fileMode(mode), mtime.getTime());
      const node: TreeNode = { kind: 'file', layer: this.#layer, mode: fileMode(mode), size, digest };
      parent.directory.children.set(name, node);
    };
    const write = (chunk: Buffer): void => {
      this.#requireRoom(chunk.length, 0);
      file.write(chunk);
    };
    return { write, finish, abandon: () => file.abandon() };
  }

  #link(parent: Place, name: ByteName, target: ByteName): void {
    const parts = partsOf(target);
    if (parts.includes('..')) throw leadsOut(target);
    const last = parts.pop() ?? '';
    const place = walk(this.#root, parts);
    const node = place?.directory.children.get(last);
    if (place === undefined || node === undefined || node.kind === 'directory')
      throw new GlideinError(
        'InvalidMessage',
        `a layer has a hard link to ${shown(target)}, which is no file of the image`,
      );
    const existing = join(place.path, last);
    const path = join(parent.path, name);
    if (existing === path) return;
    this.#clear(parent, name);
    this.#files.linkFile(existing, path);
    parent.directory.children.set(name, { ...node, layer: this.#layer });
  }

  #directoryAt(parent: Place, name: ByteName): DirectoryNode {
    const there = parent.directory.children.get(name);
    if (there?.kind === 'directory') return there;
    this.#clear(parent, name);
    return this.#add(parent, name);
  }

  #add({ path, directory }: Place, name: ByteName): DirectoryNode {
    const at = join(path, name);
    if (at.split('/', deepest + 1).length > deepest)
      throw new GlideinError(
        'InvalidMessage',
        `a layer has more than ${deepest} directories within each other`,
      );
    const made = newDirectory(this.#layer);
    this.#files.makeDirectory(at);
    directory.children.set(name, made);
    return made;
  }

  #describe(directory: DirectoryNode, { mode, mtime }: LayerEntry): void {
    directory.layer = this.#layer;
    directory.mode = directoryMode(mode);
    directory.modifiedAt = mtime.getTime();
  }

  #clear({ path, directory }: Place, name: ByteName): void {
    if (!directory.children.delete(name)) return;
    this.#files.remove(join(path, name));
  }

  #whiteOut(parent: Place, name: ByteName): void {
    if (name === opaque) {
      this.#pruneBelow(parent);
      return;
    }
    const removed = name.slice(whiteout.length);
    // Such names are records of a file system from long ago.
    if (removed.startsWith(whiteout)) return;
    if (removed === '' || removed === '.' || removed === '..') throw leadsOut(name);
    this.#prune(parent, removed);
  }

  /** Removes what layers below have at a name, and what they have below it. */
  #prune(parent: Place, name: ByteName): void {
    const node = parent.directory.children.get(name);
    if (node === undefined) return;
    if (node.kind === 'directory') this.#pruneBelow({ path: join(parent.path, name), directory: node });
    const isEmpty = node.kind !== 'directory' || node.children.size === 0;
    if (node.layer !== this.#layer && isEmpty) this.#clear(parent, name);
  }

  #pruneBelow(place: Place): void {
    // Nothing of layers below comes back, and a layer may repeat itself without end.
    if (this.#pruned.has(place.directory)) return;
    this.#pruned.add(place.directory);
    for (const child of Array.from(place.directory.children.keys())) this.#prune(place, child);
  }
}

const leadsOut = (name: ByteName): GlideinError =>
  new GlideinError('InvalidMessage', `a layer has an entry that leads out of the image: ${shown(name)}`);

/** A name for people: short, and without anything that a terminal obeys. */
const shown = (name: ByteName): string => name.slice(0, 200).replace(/[^\x20-\x7e]/g, '?');
