import { posix } from 'node:path';
import { clusterPlaceholder } from './cluster-number.ts';
import { bringsImage, containerCommands, imageOf } from './container.ts';
import { type GivenValue, type Producer, quote, type Read } from './given-value.ts';

const url = /^([a-z][a-z0-9+.-]*):\/\//i;

/** A file of the submitter's machine that a job needs in its directory. */
export interface JobInput {
  /** Absolute, on the submitter's machine. */
  readonly path: string;
  /** In the job's directory. */
  readonly name: string;
  readonly executable: boolean;
}

const executableCommands = ['executable', 'transfer_executable', ...containerCommands];

/** Every command that {@link inputsOf} reads. */
export const inputCommands: readonly string[] = [
  ...executableCommands,
  'input',
  'transfer_input',
  'transfer_input_files',
  'initialdir',
];

/** The executable is copied, unless the user says no, or it is an absolute path of a container's own file system. */
function copiesExecutable(read: Read, executable: GivenValue): boolean {
  const told = read('transfer_executable')?.boolean();
  return told ?? !(executable.text.startsWith('/') && imageOf(read) !== undefined);
}

function workingDirectory(read: Read, directory: string): string {
  return posix.resolve(directory, read('initialdir')?.unquoted() ?? '.');
}

/** The program, its standard input and where they are, as attributes. `directory` is the submitter's. */
export function fileProducers(directory: string): Producer[] {
  return [
    {
      reads: executableCommands,
      make(read) {
        const executable = read('executable');
        if (executable === undefined) return {};
        const copied = copiesExecutable(read, executable);
        // A relative executable is looked for where the user is, not in initialdir (condor_submit manual).
        const path = copied ? posix.resolve(directory, executable.unquoted()) : executable.unquoted();
        return { Cmd: quote(path), ...(!copied && { TransferExecutable: 'false' }) };
      },
    },
    { reads: ['initialdir'], make: (read) => ({ Iwd: quote(workingDirectory(read, directory)) }) },
    {
      reads: ['input', 'transfer_input', 'stream_input'],
      make(read) {
        const name = read('input')?.unquoted() ?? '/dev/null';
        const brought = name !== '/dev/null' && (read('transfer_input')?.boolean() ?? true);
        if (!brought) return { In: quote(name), TransferIn: 'false' };
        return { In: quote(name), StreamIn: String(read('stream_input')?.boolean() ?? false) };
      },
    },
    transferInput,
    fileList('transfer_output_files', 'TransferOutput'),
    choice('when_to_transfer_output', 'WhenToTransferOutput', ['ON_EXIT', 'ON_EXIT_OR_EVICT', 'ON_SUCCESS']),
    {
      reads: ['should_transfer_files'],
      make(read) {
        const value = read('should_transfer_files');
        const word = value?.unquoted().toUpperCase() ?? 'IF_NEEDED';
        if (value !== undefined && word === 'NO') {
          throw value.unsupported('pilots share no file system with this machine', 'write YES');
        }
        if (value !== undefined && word !== 'YES' && word !== 'IF_NEEDED') {
          throw value.fault(`"${word.slice(0, 40)}" is not known`, 'write YES');
        }
        return { ShouldTransferFiles: quote(word) };
      },
    },
  ];
}

/** The schemes of the inputs that are URLs: the slot must know how to fetch them. */
export function pluginMethods(read: Read): string[] {
  const schemes = (read('transfer_input_files')?.list() ?? []).flatMap(
    (file) => url.exec(file)?.[1]?.toLowerCase() ?? [],
  );
  return [...new Set(schemes)];
}

/** TransferInput: the files as they are named, and an image that travels along. */
const transferInput: Producer = {
  reads: ['transfer_input_files', ...containerCommands],
  make(read) {
    const image = imageOf(read);
    const brought = image !== undefined && bringsImage(read, image) ? [image] : [];
    const files = [...(read('transfer_input_files')?.list() ?? []), ...brought];
    const methods = pluginMethods(read);
    return {
      ...(files.length > 0 && { TransferInput: quote(files.join(',')) }),
      ...(methods.length > 0 && { WantTransferPluginMethods: quote(methods.join(',')) }),
    };
  },
};

/** The path of the executable on the submitter's machine. */
export function executableOf(read: Read, directory: string): string | undefined {
  const executable = read('executable');
  return executable && posix.resolve(directory, executable.unquoted());
}

/** The path of an image that travels along. */
export function transferredInputs(read: Read, directory: string): string[] {
  const image = imageOf(read);
  return image !== undefined && bringsImage(read, image)
    ? [posix.resolve(workingDirectory(read, directory), image)]
    : [];
}

function fileList(command: string, attribute: string): Producer {
  return {
    reads: [command],
    make(read) {
      const value = read(command);
      if (value === undefined) return {};
      return { [attribute]: quote(value.text === '""' ? '' : value.list().join(',')) };
    },
  };
}

function choice(command: string, attribute: string, words: readonly [string, ...string[]]): Producer {
  return {
    reads: [command],
    make(read) {
      const value = read(command);
      const word = value?.unquoted().toUpperCase() ?? words[0];
      if (value !== undefined && !words.includes(word)) {
        throw value.fault(`"${word.slice(0, 40)}" is not known`, `write one of ${words.join(', ')}`);
      }
      return { [attribute]: quote(word) };
    },
  };
}

/**
 * The files that must be sent along with a job; URLs are left to the pilot, which finds them in TransferInput.
 * @throws GlideinError InvalidSubmitFile when two files would get the same name, or one waits for the cluster number.
 */
export function inputsOf(read: Read, directory: string): JobInput[] {
  const from = workingDirectory(read, directory);
  const inputs = new Map<string, JobInput>();
  const add = (value: GivenValue, path: string, executable: boolean) => {
    const input = makeInput(value, path, executable);
    const other = inputs.get(input.name);
    if (other !== undefined && other.path !== input.path) {
      throw value.fault(
        `${other.path} and ${input.path} would both be "${input.name}" in the job's directory`,
        'rename one of them, or put them into a tar file',
      );
    }
    if (other === undefined) inputs.set(input.name, input);
  };
  const executable = read('executable');
  if (executable !== undefined && copiesExecutable(read, executable)) {
    add(executable, posix.resolve(directory, executable.unquoted()), true);
  }
  const stdin = read('input');
  if (stdin !== undefined && copiesStdin(read, stdin))
    add(stdin, posix.resolve(from, stdin.unquoted()), false);
  const files = read('transfer_input_files');
  for (const file of files?.list() ?? []) {
    if (files === undefined || url.test(file)) continue;
    if (file.endsWith('/')) {
      throw files.unsupported(
        `"${file.slice(0, 80)}" asks for what is in a directory`,
        'list the files, or make a tar file',
      );
    }
    add(files, posix.resolve(from, file), false);
  }
  return [...inputs.values()];
}

function copiesStdin(read: Read, stdin: GivenValue): boolean {
  return stdin.unquoted() !== '/dev/null' && (read('transfer_input')?.boolean() ?? true);
}

function makeInput(value: GivenValue, path: string, executable: boolean): JobInput {
  if (path.includes(clusterPlaceholder)) {
    throw value.fault(
      'the name of an input cannot have the cluster number, which only the pool gives',
      'use another macro',
    );
  }
  const name = posix.basename(path);
  if (name === '') throw value.fault(`"${path}" is not a file`, 'write the name of a file');
  return { path, name, executable };
}
