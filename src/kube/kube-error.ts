import { type ErrorCode, GlideinError } from '#base/error.ts';

/** What the API server answers with when it refuses (metav1.Status), as much of it as is used here. */
export interface Status {
  readonly code?: number;
  readonly reason?: string;
  readonly message?: string;
  readonly details?: {
    readonly name?: string;
    readonly kind?: string;
    readonly retryAfterSeconds?: number;
    readonly causes?: readonly {
      readonly reason?: string;
      readonly field?: string;
      readonly message?: string;
    }[];
  };
  readonly metadata?: { readonly continue?: string };
}

const codeOfStatus: Readonly<Record<number, ErrorCode>> = {
  400: 'InvalidArgument',
  401: 'Unauthenticated',
  403: 'Forbidden',
  404: 'NotFound',
  409: 'Conflict',
  410: 'Conflict',
  413: 'TooLarge',
  415: 'Unsupported',
  422: 'InvalidManifest',
  429: 'Unavailable',
  504: 'Timeout',
};

/** The API server refused, or did not answer: the catalogue's code, and what Kubernetes said itself. */
export class KubeError extends GlideinError {
  /** HTTP status; 0 when there was no answer at all. */
  readonly status: number;
  /** Kubernetes' word for it, such as `NotFound`, `AlreadyExists`, `Conflict`, `Expired`. */
  readonly reason: string;
  /** Milliseconds after which the server wants to be asked again, if it said so. */
  readonly retryAfterMs: number | undefined;
  /** The whole answer where it was a Status. */
  readonly body: Status | undefined;

  constructor(
    message: string,
    detail: {
      status: number;
      reason: string;
      retryAfterMs?: number | undefined;
      body?: Status | undefined;
      cause?: unknown;
    },
  ) {
    super(codeOf(detail.status), message, detail.cause === undefined ? {} : { cause: detail.cause });
    this.name = 'KubeError';
    this.status = detail.status;
    this.reason = detail.reason;
    this.retryAfterMs = detail.retryAfterMs;
    this.body = detail.body;
  }
}

function codeOf(status: number): ErrorCode {
  return codeOfStatus[status] ?? (status >= 500 || status === 0 ? 'Unavailable' : 'Internal');
}

/**
 * The error of an answer.
 * @param retryAfter the header `Retry-After`, seconds
 */
export function errorOfAnswer(what: string, status: number, text: string, retryAfter?: string): KubeError {
  const body = parseStatus(text);
  return errorOfStatus(what, { code: status, ...body }, retryAfter);
}

/** The error of a Status, which a watch also delivers inside of its stream. */
export function errorOfStatus(what: string, body: Status, retryAfter?: string): KubeError {
  const status = body.code ?? 500;
  const seconds = Number(retryAfter ?? body.details?.retryAfterSeconds);
  return new KubeError(`${what}: ${body.message || `HTTP ${status}`}`, {
    status,
    reason: body.reason || `HTTP${status}`,
    retryAfterMs: Number.isFinite(seconds) && seconds >= 0 ? seconds * 1000 : undefined,
    body,
  });
}

/** No answer: connection refused, reset, cut, silent. */
export function errorOfSilence(what: string, cause: unknown): KubeError {
  const text = cause instanceof Error ? cause.message : String(cause);
  return new KubeError(`${what}: no answer (${text})`, { status: 0, reason: 'NoAnswer', cause });
}

function parseStatus(text: string): Status | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Status) : undefined;
  } catch {
    return undefined;
  }
}

const has = (status: number, ...reasons: string[]) => {
  return (error: unknown): error is KubeError =>
    error instanceof KubeError &&
    error.status === status &&
    (reasons.length === 0 || reasons.includes(error.reason));
};

export const isNotFound = has(404);
/** The name is taken. */
export const isAlreadyExists = has(409, 'AlreadyExists');
/** Somebody else wrote first: a resourceVersion or uid does not hold any more, or another manager owns a field. */
export const isConflict = has(409, 'Conflict');
/** The resourceVersion or continue token is too old. */
export const isExpired = has(410);
export const isForbidden = has(403);
/** The server refused the content; asking again does not help. */
export const isInvalid = has(422);

/** Whether the same request may succeed later although nothing was changed. */
export function isTransient(error: unknown): boolean {
  return error instanceof KubeError && (error.status === 0 || error.status === 429 || error.status >= 500);
}

/** Nothing instead of "not found". */
export async function unlessNotFound<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}
