/**
 * The catalogue of errors: a stable code, the HTTP status of the pool's answer, the exit code of the command line, and a
 * sentence on what it means. Scripts may rely on codes; texts may change.
 */
export const errorCatalogue = {
  InvalidArgument: {
    status: 400,
    exit: 2,
    means: 'An argument, a field or a file has a value that is not allowed.',
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
  Conflict: { status: 409, exit: 5, means: 'The current state of the resource or job does not allow this.' },
  StaleClaim: {
    status: 409,
    exit: 5,
    means: 'The claim, or its epoch, is over; the result is only kept as an attempt.',
  },
  TooLarge: { status: 413, exit: 2, means: 'The input is larger than the limit that the message names.' },
  Unsupported: {
    status: 501,
    exit: 6,
    means: 'The request is valid, but this version does not support it yet.',
  },
  Unavailable: {
    status: 503,
    exit: 7,
    means: 'The pool or the API server cannot be reached, or is not serving; try again.',
  },
  Timeout: { status: 504, exit: 7, means: 'Something did not happen in time.' },
  NoSpace: {
    status: 507,
    exit: 7,
    means: 'The volume of the pool is almost full; it accepts nothing that would fill it further.',
  },
  StoreFailed: {
    status: 503,
    exit: 8,
    means: 'The store could not make a change durable; the pool stops serving.',
  },
  RuntimeFailed: {
    status: 500,
    exit: 9,
    means: 'The container runtime could not be found, or could not run.',
  },
  WriteFailed: {
    status: 500,
    exit: 10,
    means: 'The output of a command could not be written: the disk is full, or a permission is missing.',
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
  /** What to write or do instead, in one sentence. */
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

  /** `file:line:column: message; cure`, as far as they are known. */
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

/** Whether `error` is a GlideinError with this code. */
export function isCode(error: unknown, code: ErrorCode): error is GlideinError {
  return error instanceof GlideinError && error.code === code;
}

/** The most characters of a line that are shown. */
const excerptWidth = 100;
const excerptMargin = '    ';

/** The line of an error, and a caret under its column. Empty if the line is not known. */
export function excerpt(place: Place | undefined): readonly string[] {
  if (place?.text === undefined || place.column === undefined) return [];
  // Each control character, even a tab, becomes one blank, so that the caret stands in the right place.
  const line = place.text.replace(/\p{Cc}/gu, ' ');
  const at = Math.min(place.column - 1, line.length);
  const start = at < excerptWidth ? 0 : at - Math.floor(excerptWidth / 2);
  const end = start + excerptWidth;
  const shown = `${start > 0 ? '…' : ''}${line.slice(start, end)}${end < line.length ? '…' : ''}`;
  return [
    excerptMargin + shown.trimEnd(),
    `${excerptMargin}${' '.repeat(at - start + (start > 0 ? 1 : 0))}^`,
  ];
}
