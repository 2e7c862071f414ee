import { PoolClient } from '#client/pool-client.ts';
import { jobActionAnswer, jobsAnswer, type SubmitRequest, submitAnswer } from '#wire/jobs.ts';
import type { Role } from '#wire/role.ts';

interface TargetOptions {
  readonly url: string;
  readonly token: (role: Role, subject: string) => Promise<string>;
}

/** The pool that is attacked, as its users and pilots reach it. */
export class Target {
  readonly url: string;
  readonly token: TargetOptions['token'];
  readonly #clients = new Map<string, PoolClient>();

  constructor({ url, token }: TargetOptions) {
    this.url = url;
    this.token = token;
  }

  client(subject: string): PoolClient {
    let client = this.#clients.get(subject);
    if (client === undefined) {
      client = new PoolClient({ url: this.url, token: () => this.token('submitter', subject) });
      this.#clients.set(subject, client);
    }
    return client;
  }

  /** @returns the cluster number */
  async submit(subject: string, json: SubmitRequest): Promise<number> {
    const { cluster } = await this.client(subject).json('/v1/jobs', submitAnswer, { method: 'POST', json });
    return cluster;
  }

  async remove(subject: string, clusters: readonly number[]): Promise<void> {
    if (clusters.length === 0) return;
    const json = { action: 'remove', jobs: clusters.map(String), reason: 'over' };
    await this.client(subject).json('/v1/jobs/actions', jobActionAnswer, { method: 'POST', json });
  }

  /** What `glidein q` asks for. */
  async list(subject: string): Promise<number> {
    const { jobs } = await this.client(subject).json(`/v1/jobs?owner=${subject}&limit=50`, jobsAnswer);
    return jobs.length;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#clients.values()].map((client) => client.close()));
  }
}
