import { GlideinError } from '#base/error.ts';
import type {
  Applied,
  ApplyOptions,
  Created,
  DeleteOptions,
  ObjectList,
  ObjectPage,
  Partially,
  Selection,
} from './client-types.ts';
import { unlessNotFound } from './kube-error.ts';
import type { KubeObject, ObjectKey } from './object.ts';
import { apiVersionOf, collectionPath, objectPath, type ResourceKind, serviceAccounts } from './resource.ts';
import type { KubeRequest, Transport } from './transport.ts';

/** Objects per page of a list. */
const pageSize = 500;

/**
 * Typed REST to one API server. Objects are the server's JSON, with every field; writes are server-side applies and merge
 * patches of the fields that are present. Only GETs are retried automatically. Every method throws KubeError. `signal` is
 * the last argument of every method that waits. The file is long because each verb of the API is one short method of it.
 *
 * **Gotchas.** A write that fails without an answer may have taken effect, so a retry must expect to find its own work
 * (AlreadyExists, a newer version). A list shows one moment, and its items do not name their kind. Names are used again, so a
 * deletion must name the uid and the version that it was decided on. While a namespace is being deleted, a creation in it
 * is answered with 403, not 404.
 */
export class KubeClient {
  readonly #transport: Transport;
  readonly #manager: string;
  readonly #mayWrite: (namespace: string) => boolean;

  /**
   * @param options.fieldManager the name under which this program owns the fields that it applies
   * @param options.mayWrite asked of the namespace just before each write is sent; a write that it refuses is not sent
   */
  constructor(
    transport: Transport,
    options: { readonly fieldManager: string; readonly mayWrite?: (namespace: string) => boolean },
  ) {
    this.#transport = transport;
    this.#manager = options.fieldManager;
    this.#mayWrite = options.mayWrite ?? (() => true);
  }

  get<T extends KubeObject>(kind: ResourceKind<T>, key: ObjectKey, signal?: AbortSignal): Promise<T> {
    return this.#send({ method: 'GET', path: objectPath(kind, key), signal });
  }

  /** Undefined if there is no such object. */
  find<T extends KubeObject>(
    kind: ResourceKind<T>,
    key: ObjectKey,
    signal?: AbortSignal,
  ): Promise<T | undefined> {
    return unlessNotFound(this.get(kind, key, signal));
  }

  /** Everything selected, read in pages of 500. If a page has expired (410), the caller must list again. */
  async list<T extends KubeObject>(
    kind: ResourceKind<T>,
    selection: Selection = {},
    signal?: AbortSignal,
  ): Promise<ObjectList<T>> {
    const items: T[] = [];
    for (let next: string | undefined; ; ) {
      const page = await this.page(kind, selection, { next }, signal);
      for (const item of page.items) items.push(item);
      if (page.next === undefined) return { items, resourceVersion: page.resourceVersion };
      next = page.next;
    }
  }

  /** One page of a list: the first, unless `next` is set. */
  async page<T extends KubeObject>(
    kind: ResourceKind<T>,
    selection: Selection,
    options: { readonly next?: string | undefined; readonly limit?: number } = {},
    signal?: AbortSignal,
  ): Promise<ObjectPage<T>> {
    const { labelSelector, fieldSelector } = selection;
    const answer = await this.#send<RawList<T>>({
      method: 'GET',
      path: collectionPath(kind, selection.namespace),
      query: { limit: options.limit ?? pageSize, continue: options.next, labelSelector, fieldSelector },
      signal,
    });
    const { resourceVersion = '', continue: next } = answer.metadata ?? {};
    return { items: answer.items ?? [], resourceVersion, next: next || undefined };
  }

  /** Reviews (TokenReview, SelfSubjectAccessReview) are created as well: the answer contains their status. */
  async create<T extends KubeObject>(
    kind: ResourceKind<T>,
    object: Created<T>,
    signal?: AbortSignal,
  ): Promise<T> {
    const namespace = object.metadata?.namespace;
    return this.#send({
      method: 'POST',
      path: collectionPath(kind, needNamespace(kind, namespace)),
      query: { fieldManager: this.#manager },
      body: { apiVersion: apiVersionOf(kind), kind: kind.kind, ...object },
      signal,
    });
  }

  /** @throws KubeError also when there is no such object (`isNotFound`), or a precondition fails (`isConflict`) */
  async delete<T extends KubeObject>(
    kind: ResourceKind<T>,
    key: ObjectKey,
    options: DeleteOptions = {},
    signal?: AbortSignal,
  ): Promise<void> {
    const { gracePeriodSeconds, propagation, uid, resourceVersion } = options;
    const conditions =
      uid === undefined && resourceVersion === undefined ? undefined : { uid, resourceVersion };
    await this.#send({
      method: 'DELETE',
      path: objectPath(kind, key),
      body: {
        apiVersion: 'v1',
        kind: 'DeleteOptions',
        gracePeriodSeconds,
        propagationPolicy: propagation,
        preconditions: conditions,
      },
      signal,
    });
  }

  /**
   * Server-side apply: creates the object, or sets the fields that are present; fields that were applied before and are
   * absent now are removed. With `metadata.resourceVersion`, it fails (`isConflict`) if the object has changed since.
   */
  apply<T extends KubeObject>(
    kind: ResourceKind<T>,
    object: Applied<T>,
    options: ApplyOptions = {},
    signal?: AbortSignal,
  ): Promise<T> {
    return this.#apply(kind, object, options, undefined, signal);
  }

  /** Server-side apply to the status only; the object must exist. */
  applyStatus<T extends KubeObject>(
    kind: ResourceKind<T>,
    object: Applied<T>,
    options: ApplyOptions = {},
    signal?: AbortSignal,
  ): Promise<T> {
    return this.#apply(kind, object, options, 'status', signal);
  }

  /**
   * JSON merge patch (RFC 7386): `null` removes a field, and a list replaces the whole list. With
   * `metadata.resourceVersion`, it fails (`isConflict`) if the object has changed since.
   */
  mergePatch<T extends KubeObject>(
    kind: ResourceKind<T>,
    key: ObjectKey,
    patch: Partially<T>,
    signal?: AbortSignal,
  ): Promise<T> {
    return this.#mergePatch(kind, key, patch, undefined, signal);
  }

  /** As `mergePatch`, but of the status only. */
  mergePatchStatus<T extends KubeObject>(
    kind: ResourceKind<T>,
    key: ObjectKey,
    patch: Partially<T>,
    signal?: AbortSignal,
  ): Promise<T> {
    return this.#mergePatch(kind, key, patch, 'status', signal);
  }

  /** A token of a service account, valid for the given audiences (TokenRequest). */
  async createToken(
    account: ObjectKey,
    options: { readonly audiences: readonly string[]; readonly expirationSeconds: number },
    signal?: AbortSignal,
  ): Promise<{ readonly token: string; readonly expires: string }> {
    const answer = await this.#send<{ status: { token: string; expirationTimestamp: string } }>({
      method: 'POST',
      path: objectPath(serviceAccounts, account, 'token'),
      body: { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: options },
      signal,
    });
    return { token: answer.status.token, expires: answer.status.expirationTimestamp };
  }

  /** The log of a container; by default, its last 100 lines. */
  log(
    pod: ObjectKey,
    options: {
      readonly container?: string;
      readonly tailLines?: number;
      readonly limitBytes?: number;
      readonly previous?: boolean;
    } = {},
    signal?: AbortSignal,
  ): Promise<string> {
    const path = `/api/v1/namespaces/${pod.namespace}/pods/${encodeURIComponent(pod.name)}/log`;
    return this.#transport.text({ method: 'GET', path, query: { tailLines: 100, ...options }, signal });
  }

  /** The bytes of a watch as they come; `watch-stream.ts` reads them. */
  watch<T extends KubeObject>(
    kind: ResourceKind<T>,
    selection: Selection,
    options: { readonly resourceVersion: string; readonly timeoutSeconds: number },
    signal: AbortSignal,
  ): Promise<AsyncIterable<Buffer>> {
    const { labelSelector, fieldSelector } = selection;
    return this.#transport.stream({
      method: 'GET',
      path: collectionPath(kind, selection.namespace),
      query: { watch: true, allowWatchBookmarks: true, labelSelector, fieldSelector, ...options },
      signal,
    });
  }

  /** Any other request. The answer is unchecked JSON. */
  raw(request: KubeRequest): Promise<unknown> {
    return this.#send(request);
  }

  async #apply<T extends KubeObject>(
    kind: ResourceKind<T>,
    object: Applied<T>,
    options: ApplyOptions,
    subresource: string | undefined,
    signal: AbortSignal | undefined,
  ): Promise<T> {
    const { name, namespace } = object.metadata;
    const key = { name, namespace: needNamespace(kind, namespace) };
    return this.#send({
      method: 'PATCH',
      path: objectPath(kind, key, subresource),
      query: {
        fieldManager: this.#manager,
        force: options.force ?? true,
        dryRun: options.dryRun ? 'All' : undefined,
      },
      body: { ...object, apiVersion: apiVersionOf(kind), kind: kind.kind },
      contentType: 'application/apply-patch+yaml',
      signal,
    });
  }

  #mergePatch<T extends KubeObject>(
    kind: ResourceKind<T>,
    key: ObjectKey,
    patch: Partially<T>,
    subresource: string | undefined,
    signal: AbortSignal | undefined,
  ): Promise<T> {
    return this.#send({
      method: 'PATCH',
      path: objectPath(kind, key, subresource),
      query: { fieldManager: this.#manager },
      body: patch,
      contentType: 'application/merge-patch+json',
      signal,
    });
  }

  async #send<T>(request: KubeRequest): Promise<T> {
    const guard = request.method === 'GET' ? undefined : () => this.#guard(request.path);
    return (await this.#transport.json({ ...request, guard })) as T;
  }

  #guard(path: string): void {
    const namespace = /\/namespaces\/([^/]+)\//.exec(path)?.[1];
    if (namespace === undefined || this.#mayWrite(namespace)) return;
    throw new GlideinError('Unavailable', `this process may not write in the namespace ${namespace} now`);
  }
}

interface RawList<T> {
  readonly items?: readonly T[];
  readonly metadata?: { readonly resourceVersion?: string; readonly continue?: string };
}

function needNamespace(
  kind: ResourceKind<KubeObject>,
  namespace: string | null | undefined,
): string | undefined {
  if (!kind.namespaced) return undefined;
  if (namespace) return namespace;
  throw new GlideinError('InvalidArgument', `cannot write a ${kind.kind} without a namespace`, {
    cure: 'set metadata.namespace',
  });
}
