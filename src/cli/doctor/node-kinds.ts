import type { Node } from '#kube/resource.ts';

/** Nodes that a pilot cannot tell apart. */
export interface NodeKind {
  /** `amd64, kernel 6.12.0, Debian GNU/Linux 13, containerd://2.1.0, m5.large` */
  readonly name: string;
  /** One of them, which is tried. */
  readonly node: string;
  readonly nodes: number;
}

/** The kinds among the nodes that can run pods, the most frequent first. */
export function nodeKinds(nodes: readonly Node[]): NodeKind[] {
  const kinds = new Map<string, string[]>();
  for (const node of nodes.filter(isUsable)) {
    const name = kindOf(node);
    kinds.set(name, [...(kinds.get(name) ?? []), node.metadata.name]);
  }
  return [...kinds]
    .map(([name, members]) => ({ name, node: members.sort()[0] ?? '', nodes: members.length }))
    .sort((one, other) => other.nodes - one.nodes || one.name.localeCompare(other.name));
}

const isUsable = ({ spec, status }: Node): boolean =>
  spec?.unschedulable !== true &&
  status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True') === true;

function kindOf({ metadata, status }: Node): string {
  const info = status?.nodeInfo;
  return [
    info?.architecture,
    `kernel ${info?.kernelVersion}`,
    info?.osImage,
    info?.containerRuntimeVersion,
    metadata.labels?.['node.kubernetes.io/instance-type'],
  ]
    .filter((part) => part !== undefined && part !== '')
    .join(', ');
}
