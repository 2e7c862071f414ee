import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as resources from '#groups/cluster/resources.ts';
import { events } from '#kube/event.ts';
import type { KubeObject } from '#kube/object.ts';
import type { ResourceKind } from '#kube/resource.ts';
import * as kinds from '#kube/resource.ts';

/** The verbs (and the subresource) that a method of KubeClient asks of the API server. */
const verbsOf: Record<string, { readonly verbs: readonly string[]; readonly subresource?: string }> = {
  get: { verbs: ['get'] },
  find: { verbs: ['get'] },
  list: { verbs: ['list'] },
  page: { verbs: ['list'] },
  watch: { verbs: ['watch'] },
  create: { verbs: ['create'] },
  delete: { verbs: ['delete'] },
  // A server-side apply may create what is not there.
  apply: { verbs: ['create', 'patch'] },
  applyStatus: { verbs: ['patch'], subresource: 'status' },
  mergePatch: { verbs: ['patch'] },
  mergePatchStatus: { verbs: ['patch'], subresource: 'status' },
};

/** The folder and files of `src` that speak to the API server while the operator works. */
const sources = ['groups', 'kube/lease.ts', 'kube/event-recorder.ts'];

const call = /\bclient\s*\.\s*(\w+)(?:<\w+>)?\(\s*(\w+)?/g;

/** An informer lists and watches what it is told. */
const informer = /new Informer\(\{[^}]*?\bkind: (\w+)/g;

/**
 * What the operator's sources ask of the API server, as `GROUP/RESOURCE VERB`: read out of their calls, so that a call
 * that nobody gave the right for is found before a cluster refuses it, and a right that no call needs is found at all.
 * @throws Error at a call that cannot be understood
 */
export async function usedRights(src: string): Promise<ReadonlySet<string>> {
  const rights = new Set<string>();
  for (const file of await sourceFiles(src)) {
    const text = await readFile(file, 'utf8');
    for (const [whole, method = '', kind] of text.matchAll(call)) {
      for (const right of rightsOfCall(file, whole, method, kind)) rights.add(right);
    }
    for (const [, kind = ''] of text.matchAll(informer)) {
      for (const verb of ['list', 'watch']) rights.add(right(kindNamed(file, kind), verb));
    }
  }
  return rights;
}

function rightsOfCall(file: string, whole: string, method: string, kind: string | undefined): string[] {
  // Discovery of the issuer: every service account may read that.
  if (method === 'raw') return [];
  if (method === 'createToken') return ['/serviceaccounts/token create'];
  if (method === 'log') return ['/pods/log get'];
  const asked = verbsOf[method];
  if (asked === undefined || kind === undefined) throw new Error(`${file}: ${whole}: which right is that?`);
  return asked.verbs.map((verb) => right(kindNamed(file, kind), verb, asked.subresource));
}

const right = ({ group, plural }: ResourceKind<KubeObject>, verb: string, subresource?: string): string =>
  `${group}/${plural}${subresource === undefined ? '' : `/${subresource}`} ${verb}`;

function kindNamed(file: string, name: string): ResourceKind<KubeObject> {
  const known: Record<string, unknown> = { ...kinds, ...resources, events };
  const found = known[name];
  if (typeof found === 'object' && found !== null && 'plural' in found)
    return found as ResourceKind<KubeObject>;
  throw new Error(`${file}: "${name}" is no kind that is known here`);
}

async function sourceFiles(src: string): Promise<string[]> {
  const found = await Promise.all(
    sources.map(async (source) => {
      if (source.endsWith('.ts')) return [join(src, source)];
      const names = await readdir(join(src, source), { recursive: true });
      return names.map((name) => join(src, source, name));
    }),
  );
  return found.flat().filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'));
}
