import { posix } from 'node:path';
import { truncate } from '#base/truncate.ts';
import { type Attributes, type GivenValue, type Producer, quote, type Read } from './given-value.ts';

/** The universes whose jobs can be turned into ads, with HTCondor's numbers. */
const universes: ReadonlyMap<string, number> = new Map([
  ['vanilla', 5],
  ['container', 5],
  ['docker', 5],
  ['scheduler', 7],
  ['local', 12],
]);

const oneSlot =
  'write vanilla, and request all cores in one slot with request_cpus; a job that spans several machines needs a batch system, or the dedicated machines of an HTCondor pool';

/** What to write for a job of another universe, or where it belongs. */
const elsewhere: Readonly<Record<string, string>> = {
  standard: 'write vanilla, and let the program itself save its state',
  grid: 'write vanilla without grid_resource: pilots bring jobs to sites, which requirements choose; a job for a particular batch system or another pool needs an HTCondor with a gridmanager',
  java: 'write vanilla, with an image that has Java: executable = /usr/bin/java, arguments = "-cp FILE.jar CLASS", and the jar files in transfer_input_files',
  parallel: oneSlot,
  mpi: oneSlot,
  pvm: oneSlot,
  vm: 'write container, with an image of what runs in the virtual machine; a machine with a kernel of its own needs a cloud',
};
const elsewhereByNumber: Readonly<Record<string, string>> = {
  '1': 'standard',
  '4': 'pvm',
  '8': 'mpi',
  '9': 'grid',
  '10': 'java',
  '11': 'parallel',
  '13': 'vm',
};

/** The commands that decide whether the job runs in a container, and with which image. */
export const containerCommands = [
  'universe',
  'container_image',
  'docker_image',
  'transfer_container',
] as const;

function universeOf(read: Read): { word: string; value: GivenValue | undefined } {
  const value = read('universe');
  const written = value?.text.toLowerCase() ?? 'vanilla';
  const numbered = [...universes].find(([, number]) => String(number) === written)?.[0];
  const word = numbered ?? elsewhereByNumber[written] ?? written;
  if (value === undefined || universes.has(word)) return { word, value };
  const cure = Object.hasOwn(elsewhere, word) ? elsewhere[word] : undefined;
  if (cure !== undefined) throw value.unsupported(`pilots cannot run jobs of the universe "${word}"`, cure);
  throw value.fault(`unknown universe "${truncate(word, 40)}"`, 'write vanilla or container');
}

/** Whether the job asks to run on the machine that submits it, beside the schedd. */
export function isOnSubmitter(read: Read): boolean {
  return (universes.get(universeOf(read).word) ?? 5) !== 5;
}

/**
 * The image that the job runs in, as ContainerImage has it; undefined for a job without an image. As in HTCondor, a job
 * with an image is a container job, whatever its universe.
 */
export function imageOf(read: Read): string | undefined {
  const { word, value } = universeOf(read);
  const container = read('container_image');
  const docker = read('docker_image');
  if (isOnSubmitter(read)) return undefined;
  if (container !== undefined && docker !== undefined) {
    throw docker.fault('container_image is set as well', 'remove one of the two');
  }
  if (container !== undefined) return container.unquoted();
  if (docker !== undefined) {
    const name = docker.unquoted();
    return name.startsWith('docker://') ? name : `docker://${name}`;
  }
  if (value !== undefined && (word === 'container' || word === 'docker')) {
    throw value.fault(`a job of the universe "${word}" needs an image`, 'add: container_image = NAME');
  }
  return undefined;
}

type ImageKind = 'docker' | 'DockerURL' | 'SIF' | 'SandboxImage';

function kindOf(read: Read, image: string): ImageKind {
  if (isDockerUniverse(read)) return 'docker';
  if (image.startsWith('docker://')) return 'DockerURL';
  return /\.sif$/i.test(image) ? 'SIF' : 'SandboxImage';
}

function isDockerUniverse(read: Read): boolean {
  return universeOf(read).word === 'docker';
}

/** The clauses of Requirements for the job's image; undefined for a job without an image. */
export function imageClauses(read: Read): string[] | undefined {
  const image = imageOf(read);
  if (image === undefined) return undefined;
  const kind = kindOf(read, image);
  return kind === 'docker' ? ['TARGET.HasDocker'] : ['TARGET.HasContainer', `TARGET.Has${kind}`];
}

/** Where the image comes from: with the job (`cedar`), from a registry, or from the pilot itself. */
function sourceOf(read: Read, image: string): string {
  const scheme = schemeOf(image);
  const brought = bringsImage(read, image);
  if (scheme !== undefined && (brought || registries.includes(scheme))) return scheme;
  return brought ? 'cedar' : 'local';
}

/** The schemes of registries, whose images do not travel with the job. */
const registries: readonly string[] = ['docker', 'oras'];

/**
 * Whether the image travels with the job: a SIF file of the submitter, or one that a plug-in fetches from its URL. All other
 * names are images that pilots have; HTCondor would transfer such a directory, unless it is below /cvmfs.
 */
export function bringsImage(read: Read, image: string): boolean {
  if (isDockerUniverse(read) || read('docker_image') !== undefined) return false;
  if (read('transfer_container')?.boolean() === false) return false;
  const scheme = schemeOf(image);
  return scheme === undefined ? /\.sif$/i.test(image) : !registries.includes(scheme);
}

const schemeOf = (image: string): string | undefined =>
  /^([a-z][a-z0-9+.-]*):\/\//i.exec(image)?.[1]?.toLowerCase();

/** The attributes that name the image. `docker_image` keeps its name, even in the universe container. */
function imageName(read: Read, image: string, brought: boolean): Attributes {
  if (read('docker_image') !== undefined) return { DockerImage: quote(image.replace(/^docker:\/\//, '')) };
  return {
    ContainerImage: quote(brought ? posix.basename(image) : image),
    ContainerImageSource: quote(sourceOf(read, image)),
  };
}

/** JobUniverse and the attributes of the image: ContainerImage and the like, or DockerImage in the universe docker. */
export const container: Producer = {
  reads: [...containerCommands, 'kill_sig'],
  make(read) {
    const image = imageOf(read);
    if (isOnSubmitter(read)) {
      const signal = read('kill_sig') === undefined ? { KillSig: quote('SIGTERM') } : {};
      return { JobUniverse: String(universes.get(universeOf(read).word)), ...signal };
    }
    if (image === undefined) return { JobUniverse: '5' };
    if (isDockerUniverse(read)) {
      return { JobUniverse: '5', WantDocker: 'true', DockerImage: quote(image.replace(/^docker:\/\//, '')) };
    }
    const kind = kindOf(read, image);
    const brought = bringsImage(read, image);
    return {
      JobUniverse: '5',
      WantContainer: 'true',
      [kind === 'DockerURL' ? 'WantDockerImage' : `Want${kind}`]: 'true',
      ...imageName(read, image, brought),
      ...(brought && { ContainerImageFullPath: quote(image) }),
      ...(read('transfer_container')?.boolean() === false && { TransferContainer: 'false' }),
    };
  },
};
