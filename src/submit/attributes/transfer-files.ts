import { truncate } from '#base/truncate.ts';
import { bringsImage, containerCommands, imageOf, isOnSubmitter } from './container.ts';
import { type Producer, quote, type Read } from './given-value.ts';
import { pathFrom, workingDirectory } from './job-directory.ts';
import { copiesExecutable, copiesStdin, executableCommands, url } from './job-inputs.ts';
import { remapTargets } from './output-remaps.ts';

const transferWords: Readonly<Record<string, 'YES' | 'NO' | 'IF_NEEDED'>> = {
  YES: 'YES',
  TRUE: 'YES',
  ALWAYS: 'YES',
  NO: 'NO',
  FALSE: 'NO',
  NEVER: 'NO',
  IF_NEEDED: 'IF_NEEDED',
  AUTO: 'IF_NEEDED',
};

export const transferCommands = ['should_transfer_files', 'when_to_transfer_output'] as const;

/**
 * ShouldTransferFiles, in one of the three words of ads. What an evicted job leaves can only be kept if files are transferred.
 */
export function shouldTransfer(read: Read): 'YES' | 'NO' | 'IF_NEEDED' {
  const value = read('should_transfer_files');
  const isKept = whenToTransfer(read) === 'ON_EXIT_OR_EVICT';
  if (value === undefined) return isKept ? 'YES' : 'IF_NEEDED';
  const written = value.unquoted().toUpperCase();
  const word = Object.hasOwn(transferWords, written) ? transferWords[written] : undefined;
  if (word === undefined)
    throw value.fault(`"${truncate(written, 40)}" is not known`, 'write YES, NO or IF_NEEDED');
  if (word === 'IF_NEEDED' && isKept) {
    throw value.fault(
      'IF_NEEDED cannot be combined with when_to_transfer_output = ON_EXIT_OR_EVICT',
      'write should_transfer_files = YES, or when_to_transfer_output = ON_EXIT',
    );
  }
  return word;
}

/** @throws GlideinError InvalidSubmitFile when files are named although none are to be transferred */
function refuseContradiction(read: Read): void {
  if (shouldTransfer(read) !== 'NO') return;
  const forbidden = ['transfer_input_files', 'transfer_output_files', 'when_to_transfer_output'];
  const told = forbidden.map((command) => read(command)).find((value) => value !== undefined);
  const executable = read('transfer_executable');
  const wrong = told ?? (executable?.boolean() === true ? executable : undefined);
  if (wrong !== undefined)
    throw wrong.fault('should_transfer_files says that nothing is transferred', 'remove one of the two');
}

/** The producers for the program, standard input, and input and output files. `directory` is the submitter's. */
export function fileProducers(directory: string): Producer[] {
  return [
    {
      reads: executableCommands,
      make(read) {
        const executable = read('executable');
        // An image has a program of its own.
        if (executable === undefined)
          return imageOf(read) === undefined ? {} : { Cmd: quote(''), TransferExecutable: 'false' };
        const copied = copiesExecutable(read, executable);
        // A relative executable starts from the working directory, not from initialdir (condor_submit manual).
        const path = copied ? pathFrom(directory, executable.unquoted()) : executable.unquoted();
        const isTold = read('transfer_executable')?.boolean() === false;
        return { Cmd: quote(path), ...(isTold && { TransferExecutable: 'false' }) };
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
    transferPlugins,
    fileList('transfer_output_files', 'TransferOutput'),
    {
      reads: [...transferCommands, 'transfer_input_files', 'transfer_output_files', 'transfer_executable'],
      make(read) {
        refuseContradiction(read);
        const word = shouldTransfer(read);
        if (word === 'NO') return { ShouldTransferFiles: quote(word) };
        return { ShouldTransferFiles: quote(word), WhenToTransferOutput: quote(whenToTransfer(read)) };
      },
    },
  ];
}

/** The files as they are named, and an image that travels along. */
function filesThatTravel(read: Read): string[] {
  const image = imageOf(read);
  const files = read('transfer_input_files')?.list() ?? [];
  return image !== undefined && bringsImage(read, image) ? [...files, image] : files;
}

/** Every command that {@link pluginMethods} reads. */
export const pluginCommands = [
  'transfer_input_files',
  'output_destination',
  'transfer_output_remaps',
  'transfer_plugins',
  'should_transfer_files',
  'when_to_transfer_output',
  ...containerCommands,
];

/**
 * The schemes of inputs and outputs that are URLs: the slot must know how to transfer them, unless the job brings the plug-in along.
 * As in HTCondor, each is spelt as where it comes first.
 */
export function pluginMethods(read: Read): string[] {
  if (isOnSubmitter(read) || shouldTransfer(read) === 'NO') return [];
  const methods = new Map<string, string>();
  for (const scheme of namedSchemes(read)) {
    const key = scheme.toLowerCase();
    if (!methods.has(key)) methods.set(key, scheme);
  }
  for (const scheme of broughtMethods(read)) methods.delete(scheme);
  return [...methods].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, scheme]) => scheme);
}

function namedSchemes(read: Read): string[] {
  const destination = read('output_destination')?.unquoted() ?? '';
  const places = [...filesThatTravel(read), destination, ...remapTargets(read)];
  return places.flatMap((place) => url.exec(place)?.[1] ?? []);
}

/** What the plug-ins of `scheme,scheme=path;scheme=path` are for. */
function broughtMethods(read: Read): string[] {
  const plugins = read('transfer_plugins')?.text.split(';') ?? [];
  return plugins.flatMap((plugin) => {
    const [schemes, path] = plugin.split('=', 2);
    return path === undefined ? [] : (schemes?.split(',') ?? []).map((each) => each.trim().toLowerCase());
  });
}

/** HTCondor's file transfer on a slot: one that also runs the plug-ins of jobs, if the job has any. */
export const ableToTransfer = (read: Read): string =>
  read('transfer_plugins') === undefined ? 'TARGET.HasFileTransfer' : 'TARGET.HasJobTransferPlugins';

const transferPlugins: Producer = {
  reads: ['transfer_plugins'],
  make(read) {
    const value = read('transfer_plugins');
    return value === undefined ? {} : { TransferPlugins: quote(value.text) };
  },
};

const transferInput: Producer = {
  reads: pluginCommands,
  make(read) {
    const files = filesThatTravel(read);
    const methods = pluginMethods(read);
    return {
      ...(files.length > 0 && { TransferInput: quote(files.join(',')) }),
      ...(methods.length > 0 && { WantTransferPluginMethods: quote(methods.join(',')) }),
    };
  },
};

/** Where HTCondor looks for the executable on the submitter's machine: in initialdir only if it is not to be copied. */
export function executableOf(read: Read, directory: string): string | undefined {
  const executable = read('executable');
  if (executable === undefined) return undefined;
  const isTold = read('transfer_executable')?.boolean() === false;
  return pathFrom(isTold ? workingDirectory(read, directory) : directory, executable.unquoted());
}

/** The paths of standard input, files and image that travel along, with duplicates. */
export function namedInputs(read: Read, directory: string): string[] {
  const from = workingDirectory(read, directory);
  const stdin = read('input');
  const names = [
    ...(stdin !== undefined && copiesStdin(read, stdin) ? [stdin.unquoted()] : []),
    ...filesThatTravel(read).filter((file) => !url.test(file)),
  ];
  return names.map((name) => pathFrom(from, name));
}

function fileList(command: string, attribute: string): Producer {
  return {
    reads: [command],
    make(read) {
      const value = read(command);
      if (value === undefined) return {};
      return { [attribute]: quote(value.list().join(',')) };
    },
  };
}

const momentWords: Readonly<Record<string, 'ON_EXIT' | 'ON_EXIT_OR_EVICT' | 'ON_SUCCESS'>> = {
  ON_EXIT: 'ON_EXIT',
  NEVER: 'ON_EXIT',
  ON_EXIT_OR_EVICT: 'ON_EXIT_OR_EVICT',
  ALWAYS: 'ON_EXIT_OR_EVICT',
  ON_SUCCESS: 'ON_SUCCESS',
};

/** WhenToTransferOutput, in one of the three words of ads. */
function whenToTransfer(read: Read): 'ON_EXIT' | 'ON_EXIT_OR_EVICT' | 'ON_SUCCESS' {
  const value = read('when_to_transfer_output');
  if (value === undefined) return 'ON_EXIT';
  const written = value.unquoted().toUpperCase();
  const word = Object.hasOwn(momentWords, written) ? momentWords[written] : undefined;
  if (word !== undefined) return word;
  throw value.fault(
    `"${truncate(written, 40)}" is not known`,
    'write one of ON_EXIT, ON_EXIT_OR_EVICT, ON_SUCCESS',
  );
}

/** Whether the slot's file transfer must be able to keep folders, to wait for success, or to bring checkpoints. */
export const needsNewerTransfer = (read: Read): boolean =>
  whenToTransfer(read) === 'ON_SUCCESS' ||
  read('preserve_relative_paths')?.boolean() === true ||
  read('transfer_checkpoint_files') !== undefined;
