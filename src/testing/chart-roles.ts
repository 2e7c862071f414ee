import { chartFolders, type Rendered, renderChart } from '../../hack/charts.mjs';

/** A rule of a Role. */
export interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
  readonly resourceNames?: readonly string[];
}

interface Binding {
  readonly roleRef: { readonly name: string };
  readonly subjects: readonly { readonly name: string }[];
}

interface Workload {
  readonly spec: { readonly template: { readonly spec: { readonly serviceAccountName: string } } };
}

/** Those whom the chart gives rights, with their rules: `operator`, `submit`, `view`, `edit`, and whatever else it may come to have. */
export type ChartRoles = ReadonlyMap<string, readonly Rule[]>;

/**
 * The roles that the chart renders with these values. Who has a role is the name of the account that it is bound to, or the
 * last word of its own name, without the release's.
 * @param args for Helm, such as `--values FILE`
 */
export async function chartRoles(args: readonly string[] = []): Promise<ChartRoles> {
  const objects = await renderChart(chartFolders.glidein, args);
  const holderOf = holdersAmong(objects);
  const found = new Map<string, Rule[]>();
  for (const { kind, metadata, rules = [] } of objects) {
    if (kind !== 'Role' && kind !== 'ClusterRole') continue;
    const holder = holderOf(metadata.name);
    found.set(holder, [...(found.get(holder) ?? []), ...rules]);
  }
  return found;
}

function holdersAmong(objects: readonly Rendered[]): (role: string) => string {
  const deployment = objects.find(({ kind }) => kind === 'Deployment') as (Rendered & Workload) | undefined;
  const operator = deployment?.spec.template.spec.serviceAccountName;
  const bindings = objects.filter(({ kind }) => kind.endsWith('RoleBinding')) as (Rendered & Binding)[];
  return (role) => {
    const account = bindings.find(({ roleRef }) => roleRef.name === role)?.subjects[0]?.name;
    if (account !== undefined && account === operator) return 'operator';
    return (account ?? role).split(/[-:]/).at(-1) ?? '';
  };
}

/** Each right on its own, as `GROUP/RESOURCE VERB`. */
export const rightsIn = (rules: readonly Rule[]): string[] => [
  ...new Set(
    rules.flatMap(({ apiGroups, resources, verbs }) =>
      apiGroups.flatMap((group) =>
        resources.flatMap((resource) => verbs.map((verb) => `${group}/${resource} ${verb}`)),
      ),
    ),
  ),
];

/** The rules without one right, which must be among them. */
export function withoutRight(rules: readonly Rule[], right: string): readonly Rule[] {
  if (!rightsIn(rules).includes(right)) throw new Error(`the chart gives no right "${right}"`);
  return rules.flatMap((rule) =>
    rightsIn([rule])
      .filter((each) => each !== right)
      .map((each) => ({ ...rule, ...ruleOf(each) })),
  );
}

/** The rule that gives one right. */
function ruleOf(right: string): Rule {
  const [, group = '', resource = '', verb = ''] = /^([^/]*)\/(\S+) (\S+)$/.exec(right) ?? [];
  return { apiGroups: [group], resources: [resource], verbs: [verb] };
}
