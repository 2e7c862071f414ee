import { executableOf, inputCommands, inputsOf, transferredInputs } from './files.ts';
import type { Attributes, Producer } from './given-value.ts';

const kibi = 1024;
const mebi = 2 ** 20;

/**
 * ExecutableSize, ImageSize and DiskUsage in KiB, each file rounded up, and TransferInputSizeMB; what cannot be seen from
 * here counts as nothing. RequestDisk, when it is not given, is computed from the latter.
 */
export function sizes(
  directory: string,
  sizeOf: ((path: string) => number | undefined) | undefined,
): Producer {
  if (sizeOf === undefined)
    return { reads: ['image_size'], make: (read) => unseen(read('image_size')?.integer()) };
  return {
    reads: [...inputCommands, 'image_size'],
    make(read) {
      const executable = executableOf(read, directory);
      const program = executable === undefined ? 0 : (sizeOf(executable) ?? 0);
      const others = inputsOf(read, directory)
        .filter(({ path }) => path !== executable)
        .map(({ path }) => sizeOf(path) ?? 0);
      const all_ = others.concat(transferredInputs(read, directory).map((path) => sizeOf(path) ?? 0));
      const all = [program, ...all_];
      const inKibi = (size: number): number => Math.ceil(size / kibi);
      return {
        ExecutableSize: String(inKibi(program)),
        ImageSize: read('image_size')?.integer() ?? String(inKibi(program)),
        DiskUsage: String(all.reduce((sum, size) => sum + inKibi(size), 0)),
        TransferInputSizeMB: String(Math.ceil(all.reduce((sum, size) => sum + size, 0) / mebi)),
      };
    },
  };
}

function unseen(imageSize = '0'): Attributes {
  return { ExecutableSize: '0', ImageSize: imageSize, DiskUsage: '0', TransferInputSizeMB: '0' };
}
