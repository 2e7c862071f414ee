import { posix } from 'node:path';
import { type GivenValue, type Producer, quote, type Read } from './given-value.ts';

const universes = ['vanilla', 'container', 'docker'];
const elsewhere = ['standard', 'scheduler', 'local', 'grid', 'java', 'parallel', 'vm', 'mpi', 'pvm'];

/** The commands that say whether, and in which image, the job runs in a container. */
export const containerCommands = [
  'universe',
  'container_image',
  'docker_image',
  'transfer_container',
] as const;

function universeOf(read: Read): { word: string; value: GivenValue | undefined } {
  const value = read('universe');
  const word = value?.text.toLowerCase() ?? 'vanilla';
  if (value === undefined || universes.includes(word) || word === '5') return { word, value };
  if (elsewhere.includes(word) || /^[0-9]+$/.test(word)) {
    throw value.unsupported(
      `the universe "${word.slice(0, 40)}" is not supported`,
      'write vanilla or container',
    );
  }
  throw value.fault(`unknown universe "${word.slice(0, 40)}"`, 'write vanilla or container');
}

/**
 * The image that the job runs in, as ContainerImage has it; undefined for a job without one. An image makes a
 * container job of any universe, as in HTCondor.
 */
export function imageOf(read: Read): string | undefined {
  const { word, value } = universeOf(read);
  const container = read('container_image');
  const docker = read('docker_image');
  if (container !== undefined && docker !== undefined) {
    throw docker.fault('container_image is given too', 'write one of the two');
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

/** What a slot must have to run the job's image; undefined for a job without one. */
export function imageClauses(read: Read): string[] | undefined {
  const image = imageOf(read);
  if (image === undefined) return undefined;
  const kind = kindOf(read, image);
  return kind === 'docker' ? ['TARGET.HasDocker'] : ['TARGET.HasContainer', `TARGET.Has${kind}`];
}

/** Where the image comes from: brought with the job (`cedar`), a registry, or there already. */
function sourceOf(read: Read, image: string): string {
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(image)?.[1];
  if (scheme !== undefined) return scheme;
  return bringsImage(read, image) ? 'cedar' : 'local';
}

/**
 * Whether the image travels with the job: a SIF file that lies beside the submit file. Other relative names are images that
 * pilots have; HTCondor would bring that directory along.
 */
export function bringsImage(read: Read, image: string): boolean {
  const told = read('transfer_container')?.boolean() ?? true;
  return told && !image.startsWith('/') && !image.includes('://') && /\.sif$/i.test(image);
}

/** JobUniverse and what tells the image: ContainerImage and its like, or DockerImage in the universe docker. */
export const container: Producer = {
  reads: containerCommands,
  make(read) {
    const image = imageOf(read);
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
      ContainerImage: quote(brought ? posix.basename(image) : image),
      ContainerImageSource: quote(sourceOf(read, image)),
      ...(brought && { ContainerImageFullPath: quote(image) }),
      ...(read('transfer_container')?.boolean() === false && { TransferContainer: 'false' }),
    };
  },
};
