import type { ClassAd } from '#classad/class-ad.ts';
import { printExpression } from '#classad/print.ts';
import { type Fit, fitOf } from '#match/fit.ts';
import { requestOf } from '#match/request.ts';
import { offerOf } from '#match/slot.ts';
import type { GroupSupply } from './demand.ts';

/** Why a fresh pilot of a group cannot run a job; undefined when it can. */
export function objectionOf(job: ClassAd, group: GroupSupply): string | undefined {
  const verdict = fitOf(job, group.template);
  return verdict.fits ? undefined : `${group.name}: ${sentence(job, group.template, verdict)}`;
}

const units = { cpus: 'cores', memory: 'MiB of memory', disk: 'KiB of disk', gpus: 'GPUs' } as const;

function sentence(job: ClassAd, template: ClassAd, verdict: Extract<Fit, { fits: false }>): string {
  const { objection, perhaps } = verdict;
  if (objection === 'jobRequirements' || objection === 'slotRequirements') {
    const [whose, ad, name] =
      objection === 'jobRequirements'
        ? ['the job’s Requirements', job, 'Requirements']
        : ['its start expression', template, 'Start'];
    const expression = ad.get(name);
    const value = perhaps ? 'undefined (an attribute is missing)' : 'not true';
    const text = expression === undefined ? 'missing' : `${value}: ${printExpression(expression)}`;
    return `${whose} ${expression === undefined ? 'are' : 'is'} ${text}`;
  }
  return `the job asks for ${requestOf(job, template)[objection]} ${units[objection]}, a pilot has ${offerOf(template)[objection]}`;
}
