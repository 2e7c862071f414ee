import { GlideinError } from '#base/error.ts';
import { substituteCluster } from '#submit/cluster-number.ts';
import { adFromTexts } from '#wire/ad-texts.ts';
import type { SubmitAnswer, SubmitRequest } from '#wire/jobs.ts';
import type { Core } from '../core.ts';
import type { Transition } from './transition.ts';

/**
 * Takes jobs into the queue; they are durable when this resolves. The same key again gets the first answer, so a
 * client that lost the answer asks again without fear.
 * @throws GlideinError InvalidExpression for an ad that does not parse, NotFound for an input that is not in the spool
 */
export class Submission {
  readonly #core: Core;
  /** Answers under way: two requests with one key share one. */
  readonly #pending = new Map<string, Promise<SubmitAnswer>>();

  constructor(core: Core) {
    this.#core = core;
  }

  accept(request: SubmitRequest, owner: string): Promise<SubmitAnswer> {
    const key = `${owner}/${request.key}`;
    const pending = this.#pending.get(key);
    if (pending !== undefined) return pending;
    const answer = this.#accept(request, owner, key).finally(() => this.#pending.delete(key));
    this.#pending.set(key, answer);
    return answer;
  }

  async #accept(request: SubmitRequest, owner: string, key: string): Promise<SubmitAnswer> {
    const known = await this.#known(key);
    if (known !== undefined) return known;
    checkAds(request);
    await this.#checkInputs(request);
    const cluster = this.#core.lastCluster + 1;
    this.#core.lastCluster = cluster;
    await this.#core.ledger.record(this.#transition(request, owner, key, cluster));
    return { cluster, procs: request.procs.length };
  }

  async #known(key: string): Promise<SubmitAnswer | undefined> {
    for (const cluster of this.#core.queue.clusters()) {
      if (cluster.key === key) return { cluster: cluster.id, procs: cluster.procs };
    }
    const row = await this.#core.store.clusterByKey(key);
    if (row === null) return undefined;
    return { cluster: row.cluster, procs: (JSON.parse(row.record) as { procs: number }).procs };
  }

  /** A job whose input is missing would fail later and elsewhere. */
  async #checkInputs(request: SubmitRequest): Promise<void> {
    const checked = new Set<string>();
    for (const { inputs } of request.procs) {
      for (const { digest, name } of inputs) {
        if (checked.has(digest)) continue;
        checked.add(digest);
        if ((await this.#core.blobs.size(digest)) === undefined) {
          throw new GlideinError('NotFound', `the input file ${name} (${digest}) is not in the spool`, {
            cure: 'bring it first with PUT /v1/blobs/DIGEST',
          });
        }
      }
    }
  }

  #transition(request: SubmitRequest, owner: string, key: string, cluster: number): Transition {
    const held = adFromTexts(substituteCluster(request.cluster, cluster)).evaluateNumber('JobStatus') === 5;
    return {
      type: 'submit',
      at: this.#core.clock.wall(),
      cluster,
      key,
      owner,
      ad: substituteCluster(request.cluster, cluster),
      procs: request.procs.map(({ attributes, inputs }) => ({
        attributes: substituteCluster(attributes, cluster),
        inputs,
      })),
      ...(held ? { hold: 'submitted on hold at user request' } : {}),
    };
  }
}

/** Every expression must parse now, where its author hears of it, and not when it is matched. */
function checkAds(request: SubmitRequest): void {
  adFromTexts(substituteCluster(request.cluster, 1));
  const seen = new Set<string>();
  for (const { attributes } of request.procs) {
    for (const [name, text] of Object.entries(attributes)) {
      const key = `${name}=${text}`;
      if (seen.has(key)) continue;
      if (seen.size < 100_000) seen.add(key);
      adFromTexts(substituteCluster({ [name]: text }, 1));
    }
  }
}
