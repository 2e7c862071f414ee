import { nearest } from '#base/nearest.ts';
import type { Assignment } from '../language/statements.ts';
import { findCommand } from './commands.ts';
import type { Producer, Read } from './given-value.ts';

/** A request for a resource that a site has named itself: `request_licences = 2` asks for `TARGET.licences`. */
export interface CustomRequest {
  readonly command: string;
  /** The name as it was first written, without `request_`. */
  readonly tag: string;
}

/** Whether a name is a mistyped request_cpus or request_gpus: HTCondor makes no request of it and warns. */
const isMistyped = (name: string): boolean => /^request_[cg]pu$/i.test(name);

/** The name of the resource that an assignment asks for; undefined for any other assignment. */
export function customTag({ name, attribute }: Assignment): string | undefined {
  const isNone = attribute || findCommand(name) !== undefined || isMistyped(name);
  return isNone ? undefined : /^request_(\w+)$/i.exec(name)?.[1];
}

/** The custom resources that assignments ask for, sorted by name regardless of case. */
export function customRequestsOf(assignments: readonly Assignment[]): readonly CustomRequest[] {
  const found = new Map<string, CustomRequest>();
  for (const assignment of assignments) {
    const tag = customTag(assignment);
    if (tag === undefined) continue;
    const first = found.get(tag.toLowerCase());
    found.set(tag.toLowerCase(), { command: assignment.name, tag: first?.tag ?? tag });
  }
  return [...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, request]) => request);
}

/** Sites name their resources as they like, but a name close to a resource of every slot is probably mistyped. */
export function requestMeant(tag: string): string | undefined {
  const near = nearest(tag, ['cpus', 'memory', 'disk', 'gpus']);
  return near && `did you mean "request_${near}"?`;
}

/** The producers of `RequestTAG` for each custom resource. */
export function customProducers(requests: readonly CustomRequest[]): Producer[] {
  return requests.map(({ command, tag }) => {
    const meant = requestMeant(tag);
    return {
      reads: [command],
      make(read) {
        const value = read(command);
        return value === undefined ? {} : { [`Request${tag}`]: value.expression(meant) };
      },
    };
  });
}

/** The clauses of Requirements for custom resources; a request of 0 needs none, and a string is a pattern. */
export function customClauses(
  requests: readonly CustomRequest[],
  read: Read,
  asked: ReadonlySet<string>,
): string[] {
  return requests
    .filter(({ command, tag }) => !asked.has(tag.toLowerCase()) && (read(command)?.text ?? '0') !== '0')
    .map(({ command, tag }) =>
      /^"[^"]*"$/.test(read(command)?.text ?? '')
        ? `regexp(Request${tag},TARGET.${tag})`
        : `(TARGET.${tag} >= Request${tag})`,
    );
}
