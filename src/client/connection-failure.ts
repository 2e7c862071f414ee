import { connect } from 'node:tls';
import { GlideinError } from '#base/error.ts';

/** Why there is no connection, and what to do about it. */
interface Failure {
  readonly why: string;
  readonly cure: string;
}

const address = 'check the address that --pool or GLIDEIN_POOL names';
const network = `${address}, and the network in between; glidein connects directly, without a proxy`;
const starting = 'start a pool with `glidein up`, or name one with --pool or GLIDEIN_POOL';
const silent = { why: 'it did not answer in time', cure: network };
const untrusted = {
  why: 'its certificate is signed by an authority that is not trusted here',
  cure: 'set NODE_EXTRA_CA_CERTS to the file that contains the certificate authority of the pool',
};

/** By the code that Node or its HTTP client gives to an error. */
const failures: Readonly<Record<string, Failure>> = {
  ENOTFOUND: { why: 'the host name is not known', cure: address },
  EAI_AGAIN: { why: 'the host name cannot be resolved now', cure: network },
  ECONNREFUSED: { why: 'the connection was refused: nothing listens there', cure: starting },
  ECONNRESET: { why: 'the connection broke', cure: network },
  EPIPE: { why: 'the connection broke', cure: network },
  UND_ERR_SOCKET: { why: 'the connection broke', cure: network },
  EHOSTUNREACH: { why: 'there is no route to the host', cure: network },
  ENETUNREACH: { why: 'there is no route to the network of the host', cure: network },
  ETIMEDOUT: silent,
  UND_ERR_CONNECT_TIMEOUT: silent,
  UND_ERR_HEADERS_TIMEOUT: silent,
  UND_ERR_BODY_TIMEOUT: silent,
  CERT_HAS_EXPIRED: {
    why: 'its certificate has expired',
    cure: "ask the pool's operator to renew it, and check the clock here",
  },
  CERT_NOT_YET_VALID: { why: 'its certificate is not valid yet', cure: 'check the clock here' },
  ERR_TLS_CERT_ALTNAME_INVALID: { why: 'its certificate is for another host', cure: address },
  DEPTH_ZERO_SELF_SIGNED_CERT: untrusted,
  SELF_SIGNED_CERT_IN_CHAIN: untrusted,
  UNABLE_TO_GET_ISSUER_CERT: untrusted,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: untrusted,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: untrusted,
  ERR_SSL_WRONG_VERSION_NUMBER: {
    why: 'what listens there does not speak TLS',
    cure: 'write http:// if that is what you mean; a pool on another machine needs https://',
  },
  ERR_SSL_PACKET_LENGTH_TOO_LONG: {
    why: 'what listens there does not speak TLS',
    cure: 'write http:// if that is what you mean; a pool on another machine needs https://',
  },
};

/** The error, for people, of a request to `url` that got no answer, with the reason if it is known. */
export async function connectionFailure(url: string, error: unknown): Promise<GlideinError> {
  const code = codeOf(error);
  const found = failures[code ?? ''];
  if (found === undefined) {
    const why = error instanceof Error ? error.message : String(error);
    return new GlideinError('Unavailable', `no pool answers at ${url}: ${why}`, {
      cause: error,
      cure: network,
    });
  }
  const more = /CERT|ISSUER|LEAF/.test(code ?? '') ? await certificateInWords(url) : '';
  return new GlideinError('Unavailable', `no pool answers at ${url}: ${found.why}${more}`, {
    cause: error,
    cure: found.cure,
  });
}

/** If several addresses of a host were tried, their errors are inside one error. */
function codeOf(error: unknown): string | undefined {
  const { code, cause, errors } = (error ?? {}) as {
    code?: unknown;
    cause?: unknown;
    errors?: readonly unknown[];
  };
  if (typeof code === 'string' && code in failures) return code;
  for (const inner of [cause, ...(errors ?? [])]) {
    const found = inner === undefined ? undefined : codeOf(inner);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Milliseconds that the server gets to show its certificate again. */
const certificateTimeout = 2000;

/**
 * Whose certificate the server shows, who signed it, and until when it is valid: the library's error says none of this.
 * Nothing is sent over this connection.
 */
function certificateInWords(url: string): Promise<string> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve) => {
    const socket = connect({
      host: hostname.replace(/^\[|\]$/g, ''),
      port: Number(port || '443'),
      ...(/^[\d.]+$|^\[/.test(hostname) ? {} : { servername: hostname }),
      rejectUnauthorized: false,
      timeout: certificateTimeout,
    });
    const end = (words: string): void => {
      socket.destroy();
      resolve(words);
    };
    socket.once('secureConnect', () => {
      const certificate = socket.getPeerX509Certificate();
      if (certificate === undefined) return end('');
      const { subject, issuer, validToDate } = certificate;
      const until = validToDate.toISOString();
      end(` (${nameOf('subject', subject)}, ${nameOf('authority', issuer)}, valid until ${until})`);
    });
    socket.once('timeout', () => end('')).once('error', () => end(''));
  });
}

/** @param distinguished such as `O=Physics\nCN=pool`, of which the common name is enough */
const nameOf = (what: string, distinguished: string): string =>
  `${what} ${/^CN=(.*)$/m.exec(distinguished)?.[1] ?? (distinguished.replaceAll('\n', ', ') || 'without a name')}`;
