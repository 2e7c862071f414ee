import { findCommand } from './commands.ts';
import type { Producer, Read } from './given-value.ts';
import type { Statement } from './statements.ts';

/** A resource that a site has named itself: `request_licences = 2` asks for `TARGET.licences`. */
export interface CustomRequest {
  readonly command: string;
  /** The name as it was written last, without `request_`. */
  readonly tag: string;
}

/** The custom resources that a submit file asks for, by name without regard to case. */
export function customRequestsOf(statements: readonly Statement[]): readonly CustomRequest[] {
  const found = new Map<string, CustomRequest>();
  for (const statement of statements) {
    if (statement.kind !== 'assign' || statement.attribute || findCommand(statement.name) !== undefined)
      continue;
    const tag = /^request_(\w+)$/i.exec(statement.name)?.[1];
    if (tag === undefined) continue;
    const first = found.get(tag.toLowerCase());
    found.set(tag.toLowerCase(), { command: statement.name, tag: first?.tag ?? tag });
  }
  return [...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, request]) => request);
}

/** `RequestTAG` for each custom resource. */
export function customProducers(requests: readonly CustomRequest[]): Producer[] {
  return requests.map(({ command, tag }) => ({
    reads: [command],
    make(read) {
      const value = read(command);
      return value === undefined ? {} : { [`Request${tag}`]: value.expression() };
    },
  }));
}

/** The clauses of Requirements; a request of nothing needs none. */
export function customClauses(
  requests: readonly CustomRequest[],
  read: Read,
  asked: ReadonlySet<string>,
): string[] {
  return requests
    .filter(({ command, tag }) => !asked.has(tag.toLowerCase()) && (read(command)?.text ?? '0') !== '0')
    .map(({ tag }) => `(TARGET.${tag} >= Request${tag})`);
}
