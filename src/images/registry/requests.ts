import * as http from 'node:http';
import * as https from 'node:https';
import { GlideinError } from '#base/error.ts';

export interface RegistryRequest {
  readonly method: 'GET' | 'HEAD';
  readonly headers: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

/** Sends one request and follows redirects. The answer's body is to be read, or destroyed. */
export type Send = (url: string, request: RegistryRequest) => Promise<http.IncomingMessage>;

const mostRedirects = 5;

const redirects: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/**
 * Requests through the proxies that the environment names.
 * @param environment may contain HTTP_PROXY, HTTPS_PROXY and NO_PROXY, or the same in lower case
 */
export function sender(environment: Readonly<Record<string, string | undefined>>): Send {
  const options = { keepAlive: true, proxyEnv: { ...environment } };
  const agents = { http: new http.Agent(options), https: new https.Agent(options) };
  return async (url, request) => {
    let at = new URL(url);
    let { headers } = request;
    for (let hops = 0; hops <= mostRedirects; hops += 1) {
      const answer = await ask(at, { ...request, headers }, agents);
      const { statusCode = 0 } = answer;
      if (!redirects.has(statusCode)) return answer;
      answer.destroy();
      const next = target(answer.headers.location, at);
      // A registry sends us to a store of another host, which is not to see the token.
      if (next.origin !== at.origin) headers = withoutAuthorization(headers);
      at = next;
    }
    throw new GlideinError('Unavailable', `${hostOf(url)} redirects more than ${mostRedirects} times`);
  };
}

function ask(
  url: URL,
  { method, headers, signal }: RegistryRequest,
  agents: { readonly http: http.Agent; readonly https: https.Agent },
): Promise<http.IncomingMessage> {
  const isPlain = url.protocol === 'http:';
  const begin = isPlain ? http.request : https.request;
  return new Promise((resolve, reject) => {
    const request = begin(url.href, {
      agent: isPlain ? agents.http : agents.https,
      method,
      headers: { 'user-agent': 'glidein', ...headers },
      signal,
    });
    request.once('response', resolve).once('error', reject).end();
  });
}

function target(location: string | undefined, from: URL): URL {
  const url = URL.parse(location ?? '', from.href);
  if (location === undefined || url === null || !/^https?:$/.test(url.protocol))
    throw new GlideinError('Unavailable', `${from.host} redirects to what is no URL of HTTP`);
  // Whoever asked with encryption has a reason to.
  if (from.protocol === 'https:' && url.protocol === 'http:')
    throw new GlideinError('Unavailable', `${from.host} redirects from https to http`);
  return url;
}

function withoutAuthorization(headers: Readonly<Record<string, string>>): Record<string, string> {
  const { authorization: _, ...rest } = headers;
  return rest;
}

/** The host of a URL, for messages: paths and queries of registries contain signatures. */
export const hostOf = (url: string): string => URL.parse(url)?.host ?? 'the registry';
