import { systemClock } from '#base/clock.ts';
import { runOperator } from '#groups/operator.ts';
import { define, serviceAccounts } from '#kube/resource.ts';
import { createLogger } from '#telemetry/logger.ts';
import { createMetrics } from '#telemetry/metrics.ts';
import type { Rule } from './chart-roles.ts';
import type { KubeWorld } from './kube-world.ts';

const rbac = (plural: string, kind: string) => define('rbac.authorization.k8s.io/v1', plural, kind);
const roles = rbac('roles', 'Role');
const bindings = rbac('rolebindings', 'RoleBinding');

/** The API server's words when somebody lacks a right. */
const refusal = /cannot (\w+) resource \\*"([\w/]+)\\*" in API group \\*"([\w.]*)\\*"/g;

/** A whole operator in a namespace of its own, with just the rights that it is given. */
export class LimitedOperator {
  readonly kube: KubeWorld;
  readonly namespace: string;
  #log = '';
  #ending = new AbortController();
  #running: Promise<void> = Promise.resolve();

  private constructor(kube: KubeWorld, namespace: string) {
    this.kube = kube;
    this.namespace = namespace;
  }

  /** Makes the namespace and the account. */
  static async make(kube: KubeWorld, namespace: string, rules: readonly Rule[]): Promise<LimitedOperator> {
    const made = new LimitedOperator(kube, namespace);
    const { direct } = kube;
    const body = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } };
    await direct.raw({ method: 'POST', path: '/api/v1/namespaces', body });
    await direct.create(serviceAccounts, { metadata: made.account });
    const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: made.account.name };
    const subjects = [{ kind: 'ServiceAccount', ...made.account }];
    await made.grant(rules);
    await direct.create(bindings, { metadata: made.account, roleRef, subjects } as object);
    return made;
  }

  get account() {
    return { namespace: this.namespace, name: 'glidein-operator' };
  }

  /** Gives it these rights and no others. */
  async grant(rules: readonly Rule[]): Promise<void> {
    await this.kube.direct.apply(roles, { metadata: this.account, rules } as never);
  }

  async start(): Promise<void> {
    const { plane, direct } = this.kube;
    const { account, namespace } = this;
    const { token } = await direct.createToken(account, { audiences: [], expirationSeconds: 3600 });
    const destination = {
      write: (line: string) => {
        this.#log += line;
      },
    };
    this.#ending = new AbortController();
    this.#running = runOperator(
      {
        config: { server: plane.url, ca: plane.ca, token: async () => token, namespace },
        settings: { site: namespace, image: 'example.org/glidein:test', account, namespaces: [namespace] },
        clock: systemClock,
        random: Math.random,
        logger: createLogger('operator', { level: 'info', destination }),
        registry: createMetrics(),
        metrics: 'Token',
        metricsSecret: { namespace, name: 'glidein-operator-metrics' },
        leaseNamespace: namespace,
        podName: 'test',
        claims: { durationMs: 6_000, renewDeadlineMs: 5_000, retryMs: 500 },
      },
      this.#ending.signal,
    );
    // It is looked at when the operator ends; until then it is nobody's.
    this.#running.catch(() => {});
  }

  async end(): Promise<void> {
    this.#ending.abort();
    await this.#running;
  }

  /** Which rights it was refused, as far as its log or these further words say so. */
  refusals(...words: readonly string[]): string[] {
    const said = [this.#log, ...words].join('\n');
    return [
      ...new Set(
        [...said.matchAll(refusal)].map(([, verb, resource, group]) => `${group}/${resource} ${verb}`),
      ),
    ];
  }

  /** The end of its log, for whoever looks for the reason of a failure. */
  lastWords(): string {
    return this.#log.slice(-2000);
  }
}
