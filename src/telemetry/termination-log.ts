import { constants } from 'node:fs';
import { access, writeFile } from 'node:fs/promises';

/** The most bytes of a termination message that Kubernetes keeps. */
const mostBytes = 4096;

/** Where Kubernetes reads the termination message of a container, unless its pod says otherwise. */
const kubernetesFile = '/dev/termination-log';

type Environment = Readonly<Record<string, string | undefined>>;

/** Where a process writes why it ends: the named file or, in a pod, that of Kubernetes. */
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

/** Keeps the newest termination message. It becomes part of the status of objects, so it must not contain secrets. */
export class TerminationLog {
  readonly #file: string | undefined;
  #written: Promise<void> = Promise.resolve();

  constructor(file: string | undefined) {
    this.#file = file;
  }

  /** Resolves when the message is in the file. @throws Error of the file system */
  write(message: string): Promise<void> {
    const file = this.#file;
    if (file === undefined) return Promise.resolve();
    const before = this.#written.catch(() => {});
    this.#written = before.then(() => writeFile(file, beginning(message)));
    return this.#written;
  }
}

/** As much of the text as Kubernetes keeps, without half a character at its end. */
function beginning(text: string): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= mostBytes) return text;
  return bytes
    .subarray(0, mostBytes)
    .toString('utf8')
    .replace(/\ufffd+$/, '');
}
