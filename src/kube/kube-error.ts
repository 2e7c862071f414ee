import { type ErrorCode, GlideinError } from '#base/error.ts';

/** The API server's answer when it refuses a request (metav1.Status), as far as it is used here. */
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

/** The API server refused a request, or did not answer: the code of the catalogue, and Kubernetes' own answer. */
export class KubeError extends GlideinError {
  /** HTTP status; 0 if there was no answer. */
  readonly status: number;
  /** Kubernetes' word for it, such as `NotFound`, `AlreadyExists`, `Conflict`, `Expired`. */
  readonly reason: string;
  /** Milliseconds after which the server wants the request to be retried, if it said so. */
  readonly retryAfterMs: number | undefined;
  /** The whole answer, if it was a Status. */
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
 * @param retryAfter the header `Retry-After`, in seconds
 */
export function errorOfAnswer(what: string, status: number, text: string, retryAfter?: string): KubeError {
  const body = parseStatus(text);
  return errorOfStatus(what, { code: status, ...body }, retryAfter);
}

/** The error of a Status, which may also come inside the stream of a watch. */
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

/** The error of a request without an answer: the connection was refused, reset, broken or silent. */
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
/** The name is in use. */
export const isAlreadyExists = has(409, 'AlreadyExists');
/** Somebody else wrote first: a resourceVersion or uid is outdated, or another manager owns a field. */
export const isConflict = has(409, 'Conflict');
/** The resourceVersion or continue token is too old. */
export const isExpired = has(410);
export const isForbidden = has(403);
/** The server refused the content; retrying does not help. */
export const isInvalid = has(422);

/** Whether the same request may succeed later, although nothing has changed. */
export function isTransient(error: unknown): boolean {
  return error instanceof KubeError && (error.status === 0 || error.status === 429 || error.status >= 500);
}

/** Undefined instead of "not found". */
export async function unlessNotFound<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}
