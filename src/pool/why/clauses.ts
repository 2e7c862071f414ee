import type { Expression } from '#classad/ast.ts';
import type { ClassAd } from '#classad/class-ad.ts';
import { conjuncts } from '#classad/conjuncts.ts';
import { asciiLower } from '#classad/names.ts';
import { references } from '#classad/references.ts';
import { type ResourceName, resourceNames } from '#match/resources.ts';

/** The attribute of a job with which it asks for a resource. */
export const requestAttributes: Readonly<Record<ResourceName, string>> = {
  cpus: 'RequestCpus',
  memory: 'RequestMemory',
  disk: 'RequestDisk',
  gpus: 'RequestGPUs',
};

const slotAttributes: Readonly<Record<ResourceName, string>> = {
  cpus: 'cpus',
  memory: 'memory',
  disk: 'disk',
  gpus: 'gpus',
};

/** An ad without Requirements matches nothing: its one clause is missing. */
export const clausesOf = (
  expression: Expression | undefined,
  ad: ClassAd,
): readonly (Expression | undefined)[] =>
  expression === undefined ? [undefined] : conjuncts(expression, ad);

/** Whether a clause is just `Start`, as in the Requirements of every slot. */
export function isStart(clause: Expression): boolean {
  const { my, bare, target } = references(clause);
  const isName = clause.kind === 'reference' || clause.kind === 'select';
  return isName && target.size === 0 && (my.has('start') || bare.has('start'));
}

/** The resource of which a clause only says that there is as much as the job asks for. */
export function repeated(clause: Expression, job: ClassAd): ResourceName | undefined {
  const { my, target, bare, anything } = references(clause);
  if (anything) return undefined;
  const [own, others] = [new Set(my), new Set(target)];
  for (const name of bare) (job.has(name) ? own : others).add(name);
  return resourceNames.find(
    (name) =>
      own.size === 1 &&
      own.has(asciiLower(requestAttributes[name])) &&
      others.size === 1 &&
      others.has(slotAttributes[name]),
  );
}
