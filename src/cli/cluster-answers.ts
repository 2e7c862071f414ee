import { GlideinError, isCode } from '#base/error.ts';
import type { KubeObject } from '#kube/object.ts';

/** What a user asked the API server for. */
interface Asked {
  readonly namespace: string;
  /** As a Role names it, such as `configmaps` or `serviceaccounts/token`. */
  readonly resource: string;
  /** The object that was asked for, if it was a single one. */
  readonly name?: string;
}

/** The verb that a request needs, where that is not `get`. */
const verbs: Readonly<Record<string, string>> = { 'serviceaccounts/token': 'create' };

/**
 * The API server's answer; a refusal becomes an error that names the missing right.
 * @throws GlideinError Forbidden, or what the API server answered
 */
export async function readable<T>(answer: Promise<T>, { namespace, resource, name }: Asked): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    if (!isCode(error, 'Forbidden')) throw error;
    const verb = verbs[resource] ?? 'get';
    const which = name === undefined ? '' : ` of ${name}`;
    const only = name === undefined ? '' : ` --resource-name=${name}`;
    throw new GlideinError(
      'Forbidden',
      `Kubernetes does not let you ${verb} ${resource}${which} in the namespace ${namespace}`,
      {
        cause: error,
        cure: `ask the cluster's administrator for a Role with that right: kubectl -n ${namespace} create role glidein-user --verb=${verb} --resource=${resource}${only}, and a RoleBinding to you`,
      },
    );
  }
}

interface Condition {
  readonly type?: string;
  readonly status?: string;
  readonly reason?: string;
  readonly message?: string;
}

/** Why a GlideinPool is not ready, from its condition Ready; undefined when it is ready. */
export function poolCondition(pool: string, resource: KubeObject): GlideinError | undefined {
  const { status } = resource as { status?: { conditions?: readonly Condition[] } };
  const ready = status?.conditions?.find(({ type }) => type === 'Ready');
  if (ready?.status === 'True') return undefined;
  const why =
    ready === undefined
      ? 'no operator has processed it yet'
      : `${ready.reason ?? 'NotReady'}: ${ready.message ?? 'no reason was given'}`;
  const [namespace, name] = pool.split('/');
  return new GlideinError('Unavailable', `the pool ${pool} is not ready: ${why}`, {
    cure: `\`kubectl -n ${namespace} describe gpool ${name}\` shows more`,
  });
}
