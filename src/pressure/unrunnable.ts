import { clip } from '#base/clip.ts';
import type { ClassAd } from '#classad/class-ad.ts';
import { conjuncts } from '#classad/conjuncts.ts';
import type { Environment } from '#classad/environment.ts';
import { evaluate } from '#classad/evaluate.ts';
import { printExpression } from '#classad/print.ts';
import { isError, isTrue, type Value } from '#classad/value.ts';
import { type Fit, fitOf } from '#match/fit.ts';
import { requestOf } from '#match/request.ts';
import { offerOf } from '#match/slot.ts';
import type { PackedJob } from './capacity.ts';
import type { PackingGroup } from './fresh-pilots.ts';

/** How many different objections and names of groups are told, and how long an expression may be. */
const toldObjections = 3;
const toldNames = 3;
const longestClause = 120;

/** Why fresh pilots of no group can run a job, such as `hello: the job asks for 64 cores, a pilot has 4`. */
export function objections(job: PackedJob, groups: readonly PackingGroup[]): string {
  if (groups.length === 0) return 'there is no group';
  if (job.environment.budget.isOverdrawn) return 'its expressions take too long to evaluate';
  const same = Map.groupBy(groups, (group) => objectionOf(job, group));
  const some = [...same].slice(0, toldObjections).map(([text, those]) => `${namesOf(those)}: ${text}`);
  if (same.size > toldObjections) some.push('the others for other reasons');
  return some.join('; ');
}

function namesOf(groups: readonly PackingGroup[]): string {
  const names = groups.slice(0, toldNames).map(({ name }) => name);
  const more = groups.length - names.length;
  return more > 0 ? `${names.join(', ')} and ${more} more` : names.join(', ');
}

function objectionOf(job: PackedJob, { template, came }: PackingGroup): string {
  const slot = [...came.slots.values()].at(-1);
  if (slot === undefined || !fitOf(job.ad, template, job.environment).fits) return objectionTo(job, template);
  return `pilots came that are not as declared: ${objectionTo(job, slot)}`;
}

function objectionTo(job: PackedJob, template: ClassAd): string {
  const { ad, environment } = job;
  const verdict = fitOf(ad, template, environment);
  if (verdict.fits) return 'it fits';
  switch (verdict.objection) {
    case 'jobRequirements':
      return refusal('the job’s Requirements', ad, 'Requirements', template, environment);
    case 'slotRequirements':
      return refusal(
        'the pilot’s start expression',
        template,
        template.has('Start') ? 'Start' : 'Requirements',
        ad,
        environment,
      );
    default:
      return shortage(job, template, verdict.objection);
  }
}

const units = {
  cpus: ['core', 'cores'],
  memory: ['MiB of memory', 'MiB of memory'],
  disk: ['KiB of disk', 'KiB of disk'],
  gpus: ['GPU', 'GPUs'],
} as const;

type Resource = Exclude<Extract<Fit, { fits: false }>['objection'], 'jobRequirements' | 'slotRequirements'>;

function shortage({ ad, environment }: PackedJob, template: ClassAd, resource: Resource): string {
  const [one, more] = units[resource];
  const asks = requestOf(ad, template, environment)[resource];
  return `the job asks for ${asks} ${asks === 1 ? one : more}, a pilot has ${offerOf(template)[resource] || 'none'}`;
}

/** Names the first clause that does not hold: the whole expression is often a page long. */
function refusal(
  whose: string,
  ad: ClassAd,
  name: string,
  target: ClassAd,
  environment: Environment,
): string {
  const expression = ad.get(name);
  if (expression === undefined) return `${whose} is missing`;
  const clause =
    conjuncts(expression).find((each) => !isTrue(evaluate(each, ad, target, environment))) ?? expression;
  const text = clip(printExpression(clause), longestClause);
  return `${whose} needs ${text}, which is ${valueText(evaluate(clause, ad, target, environment))}`;
}

function valueText(value: Value): string {
  if (value === undefined) return 'undefined for a new pilot';
  return isError(value) ? 'an error' : 'not true';
}
