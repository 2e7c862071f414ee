/**
 * The catalogue of errors: a stable code, the HTTP status that the pool answers it with, the exit code that
 * the command line ends with, and a sentence on what it means. Scripts may rely on codes; texts may change.
 */
export const errorCatalogue = {
  InvalidArgument: {
    status: 400,
    exit: 2,
    means: 'An argument, a field or a file has a value that is refused.',
  },
  InvalidExpression: { status: 400, exit: 2, means: 'A ClassAd expression does not parse.' },
  InvalidSubmitFile: { status: 400, exit: 2, means: 'A submit file has an error at the named line.' },
  InvalidManifest: { status: 400, exit: 2, means: 'A manifest does not describe a valid resource.' },
  InvalidMessage: {
    status: 400,
    exit: 1,
    means: 'A message breaks the protocol between pilot, client and pool.',
  },
  Unauthenticated: { status: 401, exit: 3, means: 'No valid token was presented.' },
  Forbidden: { status: 403, exit: 3, means: 'The token is valid but its role does not allow this.' },
  NotFound: { status: 404, exit: 4, means: 'The named job, file, pilot or resource does not exist.' },
  Conflict: { status: 409, exit: 5, means: 'The state of the thing does not allow this now.' },
  StaleClaim: {
    status: 409,
    exit: 5,
    means: 'The claim or its epoch is over; the result is kept as an attempt only.',
  },
  TooLarge: { status: 413, exit: 2, means: 'The input is larger than the limit that the message names.' },
  Unsupported: {
    status: 501,
    exit: 6,
    means: 'This is a valid wish that this version does not support yet.',
  },
  Unavailable: {
    status: 503,
    exit: 7,
    means: 'The pool or the API server cannot be reached or is not serving; try again.',
  },
  Timeout: { status: 504, exit: 7, means: 'Something did not happen within its time.' },
  NoSpace: {
    status: 507,
    exit: 7,
    means: 'The volume of the pool is almost full; nothing that fills it further is taken.',
  },
  StoreFailed: {
    status: 503,
    exit: 8,
    means: 'The store could not make a change durable; the pool stops serving.',
  },
  RuntimeFailed: {
    status: 500,
    exit: 9,
    means: 'The container runtime could not be found or could not run.',
  },
  WriteFailed: {
    status: 500,
    exit: 10,
    means: 'What a command prints or brings could not be written: a full disk, a missing permission.',
  },
  Internal: { status: 500, exit: 1, means: 'A defect in this program.' },
} as const satisfies Record<string, { status: number; exit: number; means: string }>;

export type ErrorCode = keyof typeof errorCatalogue;

/** Where in the user's input something is wrong. Lines and columns count from 1. */
export interface Place {
  readonly file?: string;
  readonly line?: number;
  readonly column?: number;
  /** The line itself, for the caret of `excerpt`. */
  readonly text?: string;
}

export interface ErrorDetail {
  readonly place?: Place;
  /** What to write or do instead, one sentence. */
  readonly cure?: string;
  readonly cause?: unknown;
}

/** An error that this project raises on purpose: a code from the catalogue, a place and a cure. */
export class GlideinError extends Error {
  readonly code: ErrorCode;
  readonly place: Place | undefined;
  readonly cure: string | undefined;

  constructor(code: ErrorCode, message: string, detail: ErrorDetail = {}) {
    super(message, detail.cause === undefined ? undefined : { cause: detail.cause });
    this.name = 'GlideinError';
    this.code = code;
    this.place = detail.place;
    this.cure = detail.cure;
  }

  /** `file:line:column: message; cure`, as much of it as is known. */
  describe(): string {
    const where = describePlace(this.place);
    const cure = this.cure === undefined ? '' : `; ${this.cure}`;
    return `${where}${this.message}${cure}`;
  }
}

function describePlace(place: Place | undefined): string {
  if (place === undefined) return '';
  const { file, line, column } = place;
  const parts = [file, line, column].filter((part) => part !== undefined);
  if (parts.length === 0) return '';
  if (file !== undefined) return `${parts.join(':')}: `;
  return line === undefined ? `column ${column}: ` : `line ${parts.join(':')}: `;
}

/** The error as one line for people, whatever was thrown. */
export function describeError(error: unknown): string {
  if (error instanceof GlideinError) return error.describe();
  return error instanceof Error ? error.message : String(error);
}

/** Whether `error` is ours and carries `code`. */
export function isCode(error: unknown, code: ErrorCode): error is GlideinError {
  return error instanceof GlideinError && error.code === code;
}
