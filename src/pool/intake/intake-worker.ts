import { parentPort } from 'node:worker_threads';
import { describeError, GlideinError } from '#base/error.ts';
import type { CheckedSubmit } from './checked-submit.ts';
import type { BodyMessage, Fault, ReadMessage } from './intake-messages.ts';
import { Remembered } from './remembered.ts';
import { SubmitReader } from './submit-reader.ts';

/**
 * The thread that reads large submissions: parsing and checking a million procs takes a second, in which the pool's own thread
 * serves everybody else. It reads pieces in the order in which they come, and each body has only a few of them on the way, so all
 * bodies advance alike.
 */
const port = parentPort;
if (port === null) throw new Error('intake-worker runs as a worker thread only');

const remembered = new Remembered();
const readers = new Map<number, SubmitReader>();

port.on('message', (message: BodyMessage) => {
  try {
    take(message);
  } catch (error) {
    readers.delete(message.id);
    answer({ id: message.id, op: 'refused', fault: faultOf(error) });
  }
});

function take(message: BodyMessage): void {
  const { id } = message;
  if (message.op === 'begin') readers.set(id, new SubmitReader(message.owner, remembered));
  const reader = readers.get(id);
  // The rest of a body that was refused.
  if (reader === undefined) return;
  if (message.op === 'piece') {
    reader.push(message.bytes);
    answer({ id, op: 'read' });
  } else if (message.op !== 'begin') {
    readers.delete(id);
    if (message.op === 'end') {
      const submit = reader.end();
      answer({ id, op: 'checked', submit }, buffersOf(submit));
    }
  }
}

function answer(message: ReadMessage, transfer: readonly ArrayBuffer[] = []): void {
  port?.postMessage(message, transfer);
}

const buffersOf = ({ procs, files }: CheckedSubmit): ArrayBuffer[] =>
  [files, ...procs.parts.flatMap(({ data, copy }) => (copy === undefined ? [data] : [data, copy]))].map(
    ({ buffer }) => buffer as ArrayBuffer,
  );

function faultOf(error: unknown): Fault {
  const known = error instanceof GlideinError ? error : new GlideinError('Internal', describeError(error));
  const { code, message, cure, place } = known;
  return { code, message, cure, place };
}
