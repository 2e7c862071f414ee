/** What a reconcile asks for next. (An error is thrown.) */
export type Result =
  | { readonly kind: 'done' }
  | { readonly kind: 'requeueAfter'; readonly milliseconds: number };

/** There is nothing to do until something changes. */
export const done: Result = Object.freeze({ kind: 'done' });

/** Reconcile again after this many milliseconds, even if nothing changes. */
export const requeueAfter = (milliseconds: number): Result => ({ kind: 'requeueAfter', milliseconds });

/** Thrown by a reconcile that would fail again in the same way: it is not retried until something changes. */
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
  /** It took too long. */
  | { readonly kind: 'timeout' }
  /** The program is ending, or no longer leads. */
  | { readonly kind: 'stopped' };
