/** One target of a `Link` header with its parameters. Neither part goes on beyond the next target, so no header takes long to be read. */
const next = /<([^<>]*)>\s*;[^,<]*\brel="?next"?/i;

/** The target of the next page in a `Link` header (RFC 8288); undefined on the last page. */
export function nextLink(header: string | string[] | undefined): string | undefined {
  const text = Array.isArray(header) ? header.join(', ') : (header ?? '');
  return next.exec(text)?.[1];
}
