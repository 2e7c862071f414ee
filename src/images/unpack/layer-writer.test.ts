import { expect, test } from 'vitest';
import { LayerWriter, type UnpackLimits } from './layer-writer.ts';
import { newDirectory } from './tree-index.ts';

const mebibyte = 2 ** 20;
const directory = { type: 'directory', mode: 0o755, size: 0, mtime: new Date(0), linkname: '' } as const;

/** A disk on which each directory takes a block, and a layer that is written to it. */
function scene(free: { bytes: number; files: number }, limits: Partial<UnpackLimits> = {}) {
  const files = {
    free: () => ({ ...free }),
    makeLink: () => undefined,
    makeDirectory: () => {
      free.bytes -= 4096;
      free.files -= 1;
    },
  };
  const writer = new LayerWriter(
    { root: newDirectory(0), files: files as never },
    0,
    { entries: 0, bytes: 0, devices: 0 },
    { entries: 1_000_000, bytes: 2 ** 30, reserve: 64 * mebibyte, ...limits },
  );
  /** Entries that each bring directories without any of their own in the archive. */
  const writeDeep = (): void => {
    for (let at = 0; at < 4000; at += 1) writer.begin({ ...directory, name: `${at}/${'d/'.repeat(250)}` });
  };
  return { free, writer, writeDeep };
}

test('directories that an archive implies leave the disk as much as those that it lists', () => {
  const { free, writeDeep } = scene({ bytes: 256 * mebibyte, files: 10_000_000 });
  expect(writeDeep).toThrow('64 MiB are to stay free');
  // It looks again after 16 MiB.
  expect(free.bytes).toBeGreaterThan(47 * mebibyte);
});

test('an image leaves a file system as many files as others need', () => {
  const { free, writeDeep } = scene({ bytes: 2 ** 50, files: 50_000 });
  expect(writeDeep).toThrow('16384 are to stay free');
  expect(free.files).toBeGreaterThan(12_000);
});

test('a file system without a bound on files is not asked for any', () => {
  const { writeDeep } = scene({ bytes: 2 ** 50, files: Number.POSITIVE_INFINITY }, { entries: 5000 });
  expect(writeDeep).toThrow('more than 5000 entries');
});

test('directories within each other are bounded, also where links lead on from one path to another', () => {
  const { writer } = scene({ bytes: 2 ** 50, files: Number.POSITIVE_INFINITY });
  const deep = 'd/'.repeat(200);
  writer.begin({ ...directory, name: deep });
  expect(() => writer.begin({ ...directory, name: 'd/'.repeat(257) })).toThrow('256 directories within');
  writer.begin({ ...directory, type: 'symlink', name: 'link', linkname: deep });
  expect(() => writer.begin({ ...directory, name: `link/${'e/'.repeat(100)}` })).toThrow(
    '256 directories within',
  );
});
