import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';

/** Bytes that Linux reads to find the interpreter of a script. */
const firstLine = 256;

/** What a shell means by its exit code when it could not execute a command. */
const shellSays: Readonly<Record<number, string>> = {
  126: 'it cannot be executed (is it executable, and is its interpreter in the image?)',
  127: 'it was not found',
};

/**
 * Why a command did not start, for its owner.
 *
 * **Gotchas.** Shells say "not found" of a script whose interpreter is missing, too. So this looks at the file, if the job
 * brought it.
 * @param job the job's directory
 */
export async function explainCommand(command: string, code: number | null, job: string): Promise<string> {
  const said = shellSays[code ?? 0] ?? `the shell exited with code ${code}`;
  if (!command.startsWith('./'))
    return `the command ${command} did not start: ${said}${travels(command, code)}`;
  const name = command.slice(2);
  const why = await faultOfFile(join(job, name), name).catch(() => undefined);
  return why ?? `the command ${command} did not start: ${said}`;
}

/** With an image, an absolute path names a program of that, though it may be meant for a file of the machine that submitted. */
const travels = (command: string, code: number | null): string =>
  command.startsWith('/') && code === 127
    ? '; if it lies on the machine that submits, write transfer_executable = true'
    : '';

/** Undefined: the file itself explains nothing. */
async function faultOfFile(path: string, name: string): Promise<string | undefined> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const found = await file.stat();
    if (!found.isFile() || (found.mode & 0o111) === 0) return undefined;
    const { buffer, bytesRead } = await file.read(Buffer.alloc(firstLine), 0, firstLine, 0);
    return faultInBeginning(buffer.toString('latin1', 0, bytesRead), name);
  } finally {
    await file.close();
  }
}

function faultInBeginning(text: string, name: string): string | undefined {
  if (text.startsWith('\x7fELF')) {
    return `${name} is a program whose loader is not in the image: it was built for a system other than the image's`;
  }
  const interpreter = /^#![ \t]*([^ \t\n]+)/.exec(text)?.[1];
  if (interpreter === undefined) return undefined;
  const missing = `the interpreter ${interpreter.replaceAll('\r', '^M')} of ${name} does not exist in the image`;
  if (!interpreter.endsWith('\r')) return missing;
  return `${missing}: the file has Windows line endings; convert it with dos2unix`;
}
