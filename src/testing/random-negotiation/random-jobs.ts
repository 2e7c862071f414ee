import type { RandomChoice } from './random-choice.ts';
import { lateNames } from './random-slots.ts';

type Texts = Record<string, string>;

/** What jobs require: constants of a slot, what is free, what differs in nearly every slot, what no slot has at first, and the time. */
const requirements = [
  'true',
  'TARGET.Big',
  'TARGET.Cpus >= 4',
  'TARGET.Own % 3 == 0',
  'TARGET.Own > 500',
  'TARGET.Memory > 1000 * TARGET.Cpus',
  'TARGET.Kind == "a"',
  'TARGET.Kind != "b" && TARGET.Big',
  'TARGET.Cpus % 2 == 1',
  'MY.Experiment =?= "e1" || TARGET.Kind == "c"',
  'TARGET.Half > 1',
  'TARGET.New2 =!= undefined',
  'TARGET.Name == "u3" || TARGET.Own < 200',
  'regexp("a", TARGET.Kind)',
];
const lateRequirements = lateNames.map((name) => `TARGET.${name}`);
const requirementsByTime = ['(time() / 10) % 2 == 0', 'TARGET.Night', 'time() % 30 < TARGET.Own % 40'];

const ranks = [
  '0',
  'TARGET.Own',
  'TARGET.Memory',
  'TARGET.Cpus',
  'ifThenElse(TARGET.Kind == "a", 5, 0)',
  '-TARGET.Own',
];

const limits = [
  '"a"',
  '"b:2"',
  '"a:2,b"',
  'ifThenElse(TARGET.Cpus > 4, "a", "b")',
  'TARGET.Kind',
  'undefined',
];

const requirementsOf = (choice: RandomChoice, byTime: boolean): string =>
  choice.oneIn(8)
    ? choice.of(lateRequirements)
    : choice.of(byTime ? [...requirements, ...requirementsByTime] : requirements);

export const randomJobs = (choice: RandomChoice, byTime: boolean): Texts => ({
  RequestCpus: choice.oneIn(8) ? 'TARGET.Cpus / 2' : String(1 + choice.below(5)),
  RequestMemory: String(1 + choice.below(3000)),
  JobPrio: String(choice.below(5) - 2),
  Requirements: requirementsOf(choice, byTime),
  Experiment: choice.of(['"e1"', '"e2"']),
  ...(choice.oneIn(2) ? { Rank: choice.of(ranks) } : {}),
  ...(choice.oneIn(4) ? { ConcurrencyLimits: choice.of(limits) } : {}),
  ...(choice.oneIn(10) ? { RequestGPUs: '1' } : {}),
  ...(choice.oneIn(5) ? { AcctGroup: choice.of(['"g1"', '"g2"']) } : {}),
  ...(choice.oneIn(5) ? { AllowedExecuteDuration: String(1 + choice.below(2000)) } : {}),
});
