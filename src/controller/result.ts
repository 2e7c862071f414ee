/** What a reconcile wants next; an error it throws. */
export type Result =
  | { readonly kind: 'done' }
  | { readonly kind: 'requeueAfter'; readonly milliseconds: number };

/** Nothing more to do until something changes. */
export const done: Result = Object.freeze({ kind: 'done' });

/** Look again after so long, also if nothing changes. */
export const requeueAfter = (milliseconds: number): Result => ({ kind: 'requeueAfter', milliseconds });

/** Thrown by a reconcile that would fail again in the same way: no retry until something changes. */
export class TerminalError extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'TerminalError';
  }
}

/** How a reconcile ended. */
export type ReconcileEnd =
  | Result
  | { readonly kind: 'error'; readonly error: unknown }
  | { readonly kind: 'terminal'; readonly error: TerminalError }
  /** It took longer than its time. */
  | { readonly kind: 'timeout' }
  /** The program ends or leads no more. */
  | { readonly kind: 'stopped' };
