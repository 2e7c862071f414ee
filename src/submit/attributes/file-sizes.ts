import { posix } from 'node:path';
import type { Attributes, Producer, Read } from './given-value.ts';
import { copiesExecutable, inputCommands } from './job-inputs.ts';
import { executableOf, namedInputs } from './transfer-files.ts';

const kibi = 1024;
const mebi = 2 ** 20;

type SizeOf = (path: string) => number | undefined;

interface Here {
  /** Where the user is. */
  readonly directory: string;
  /** The name of the submit file. */
  readonly file: string;
  readonly sizeOf?: SizeOf | undefined;
}

/**
 * ExecutableSize, ImageSize and DiskUsage in KiB, each file rounded up, and TransferInputSizeMB; files that cannot be
 * examined here count as empty. RequestDisk, unless given, is computed from TransferInputSizeMB.
 */
export function sizes({ directory, file, sizeOf }: Here): Producer {
  if (sizeOf === undefined)
    return { reads: ['image_size'], make: (read) => unseen(read('image_size')?.integer()) };
  return {
    reads: [...inputCommands, 'image_size'],
    make(read) {
      const executable = executableOf(read, directory);
      const program = executable === undefined ? 0 : seen(executable, read, { directory, file, sizeOf });
      const others = namedInputs(read, directory).map((path) => sizeOf(path) ?? 0);
      const all = [program, ...others];
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

/**
 * The size of the program.
 * @throws GlideinError InvalidSubmitFile when a program that travels from here is missing; a program in an image cannot be
 *   checked from here
 */
function seen(path: string, read: Read, here: Here & { readonly sizeOf: SizeOf }): number {
  const size = here.sizeOf(path);
  const executable = read('executable');
  if (size !== undefined || executable === undefined || !copiesExecutable(read, executable)) return size ?? 0;
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(executable.unquoted())) {
    throw executable.fault(
      'the program cannot be fetched from a URL',
      'name the URL in transfer_input_files, and write executable = /bin/sh and arguments = "NAME" for a script',
    );
  }
  throw executable.fault(`there is no file ${path}`, whereElse(executable.unquoted(), here));
}

/** The advice for a missing program: many people keep it beside the submit file, and submit from another directory. */
function whereElse(name: string, { directory, file, sizeOf }: Here & { readonly sizeOf: SizeOf }): string {
  const folder = posix.dirname(file);
  const beside = posix.join(folder, name);
  return sizeOf(posix.resolve(directory, beside)) === undefined
    ? 'name a program that exists, or set transfer_executable = false'
    : `relative names start from your working directory, not from the submit file: write ${beside}, or change to ${folder} first`;
}

function unseen(imageSize = '0'): Attributes {
  return { ExecutableSize: '0', ImageSize: imageSize, DiskUsage: '0', TransferInputSizeMB: '0' };
}
