import { STATUS_CODES } from 'node:http';

/** Why a URL was not transferred. The message is for the owner of the job. */
export class UrlFailure extends Error {
  /** Whether another try may succeed. */
  readonly mayPass: boolean;

  constructor(why: string, mayPass: boolean) {
    super(why);
    this.name = 'UrlFailure';
    this.mayPass = mayPass;
  }
}

/** Statuses, besides those from 500 on, after which another try may succeed: too slow, too early, too many requests. */
const passing: ReadonlySet<number> = new Set([408, 425, 429]);

/** The failure that a status stands for. The server's own words may be anything, so they are not shown. */
export const failureOfStatus = (status: number): UrlFailure =>
  new UrlFailure(
    `the server answered ${status} ${STATUS_CODES[status] ?? ''}`,
    status >= 500 || passing.has(status),
  );

/** The failure of a connection. A wrong certificate, or wrong settings of the pilot, will not change by themselves. */
export function failureOfConnection(error: unknown): UrlFailure {
  if (error instanceof UrlFailure) return error;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code === 'ERR_PROXY_INVALID_CONFIG')
    return new UrlFailure('HTTP_PROXY or HTTPS_PROXY of the pilot is not a URL', false);
  const reason = reasonOf(error, code);
  if (/CERT|LEAF_SIGNATURE/.test(code))
    return new UrlFailure(`the pilot does not accept the server's certificate: ${reason}`, false);
  return new UrlFailure(reason, true);
}

/** If several addresses of a host fail, their common error has only a code and no message. */
function reasonOf(error: unknown, code: string): string {
  if (!(error instanceof Error)) return String(error);
  return error.message === '' ? code : error.message;
}
