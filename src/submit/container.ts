import { type GivenValue, type Producer, quote, type Read } from './given-value.ts';

const universes = ['vanilla', 'container', 'docker'];
const elsewhere = ['standard', 'scheduler', 'local', 'grid', 'java', 'parallel', 'vm', 'mpi', 'pvm'];

/** The commands that say whether, and in which image, the job runs in a container. */
export const containerCommands = ['universe', 'container_image', 'docker_image'] as const;

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

/** The attribute of a slot that says whether it can run such an image. */
export function imageCapability(image: string): 'HasDockerURL' | 'HasSIF' | 'HasSandboxImage' {
  if (image.startsWith('docker://')) return 'HasDockerURL';
  return image.startsWith('oras://') || /\.sif$/i.test(image) ? 'HasSIF' : 'HasSandboxImage';
}

/** JobUniverse, WantContainer, WantDockerImage and ContainerImage. */
export const container: Producer = {
  reads: containerCommands,
  make(read) {
    const image = imageOf(read);
    if (image === undefined) return { JobUniverse: '5' };
    return {
      JobUniverse: '5',
      WantContainer: 'true',
      ContainerImage: quote(image),
      ...(image.startsWith('docker://') && { WantDockerImage: 'true' }),
    };
  },
};
