import type { IncomingMessage } from 'node:http';
import { truncate } from '#base/truncate.ts';
import type { AuditAct } from '#wire/audit.ts';
import type { Identity } from '../auth/tokens.ts';
import type { TrustedProxies } from './trusted-proxies.ts';

/** Who does something, and from where. */
export type Doer = Pick<AuditAct, 'subject' | 'role' | 'issuer' | 'actor' | 'from' | 'agent'>;

/** The most characters of what a client calls itself. */
const longestAgent = 128;

/** Who sent a request. @param identity undefined if the request has no valid token */
export function doerOf(
  request: Pick<IncomingMessage, 'headers' | 'socket'>,
  identity: Identity | undefined,
  proxies: TrustedProxies,
): Doer {
  const agent = request.headers['user-agent'];
  return {
    ...(identity !== undefined && {
      subject: identity.subject,
      role: identity.role,
      ...(identity.site !== undefined && { issuer: identity.site }),
      ...(identity.actor !== undefined && { actor: identity.actor }),
    }),
    from: proxies.addressOf(request),
    ...(agent !== undefined && { agent: truncate(agent, longestAgent) }),
  };
}
