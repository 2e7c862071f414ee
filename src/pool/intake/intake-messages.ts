import type { ErrorCode, Place } from '#base/error.ts';
import type { CheckedSubmit } from './checked-submit.ts';

/** To the thread: the body with this number, piece by piece. */
export type BodyMessage =
  | { readonly id: number; readonly op: 'begin'; readonly owner: string }
  | { readonly id: number; readonly op: 'piece'; readonly bytes: Uint8Array }
  | { readonly id: number; readonly op: 'end' }
  /** Its sender has gone. */
  | { readonly id: number; readonly op: 'drop' };

/** From the thread. */
export type ReadMessage =
  /** A piece has been read. */
  | { readonly id: number; readonly op: 'read' }
  | { readonly id: number; readonly op: 'checked'; readonly submit: CheckedSubmit }
  | { readonly id: number; readonly op: 'refused'; readonly fault: Fault };

/** An error that changes threads. */
export interface Fault {
  readonly code: ErrorCode;
  readonly message: string;
  readonly cure: string | undefined;
  readonly place: Place | undefined;
}
