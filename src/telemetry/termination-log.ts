import { constants } from 'node:fs';
import { access, writeFile } from 'node:fs/promises';

/** Kubernetes keeps no more of a termination message, in bytes. */
const mostBytes = 4096;

/** Where Kubernetes reads the last words of a container unless its pod says otherwise. */
const kubernetesFile = '/dev/termination-log';

type Environment = Readonly<Record<string, string | undefined>>;

/** The file to which a process writes why it ends: the one that was named, or in a pod the one of Kubernetes. */
export async function terminationLog(
  named: string | undefined,
  environment: Environment,
): Promise<TerminationLog> {
  if (named !== undefined) return new TerminationLog(named);
  if (environment.KUBERNETES_SERVICE_HOST === undefined) return new TerminationLog(undefined);
  const writable = await access(kubernetesFile, constants.W_OK).then(
    () => true,
    () => false,
  );
  return new TerminationLog(writable ? kubernetesFile : undefined);
}

/** Last words; of several, the newest count. They end in the status of objects: nothing secret may be among them. */
export class TerminationLog {
  readonly #file: string | undefined;
  #written: Promise<void> = Promise.resolve();

  constructor(file: string | undefined) {
    this.#file = file;
  }

  /** Resolves when the words are in the file. @throws Error of the file system */
  write(words: string): Promise<void> {
    const file = this.#file;
    if (file === undefined) return Promise.resolve();
    const before = this.#written.catch(() => {});
    this.#written = before.then(() => writeFile(file, beginning(words)));
    return this.#written;
  }
}

/** As much of the text as Kubernetes keeps, without a cut character at its end. */
function beginning(text: string): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= mostBytes) return text;
  return bytes
    .subarray(0, mostBytes)
    .toString('utf8')
    .replace(/\ufffd+$/, '');
}
