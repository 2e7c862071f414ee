import type { RandomChoice } from './random-choice.ts';

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
const requirementsByTime = ['(time() / 10) % 2 == 0', 'TARGET.Night', 'time() % 30 < TARGET.Own % 40'];

const starts = [
  'true',
  'TARGET.RequestCpus > 1',
  'TARGET.JobPrio >= 0',
  'TARGET.Experiment =?= "e1" || Big',
  'Own % 2 == 0 || TARGET.RequestCpus == 1',
  'MY.Cpus > TARGET.RequestCpus',
  'TARGET.Owner == "u1" || Big',
];
const startsByTime = ['(time() / 10) % 3 != 0'];

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

const truths = ['true', 'false'];

/** Own clauses for some slots, so that there may be more of them than divide buckets. */
const startOf = (choice: RandomChoice, byTime: boolean): string =>
  choice.oneIn(6)
    ? `TARGET.RequestCpus < ${1 + choice.below(8)} || TARGET.RequestMemory == ${choice.below(4000)}`
    : choice.of(byTime ? [...starts, ...startsByTime] : starts);

export const randomSlot = (choice: RandomChoice, number: number, byTime: boolean): Texts => ({
  Cpus: String(1 + choice.below(8)),
  Memory: String(100 + choice.below(80) * 100),
  GPUs: choice.oneIn(4) ? '1' : '0',
  Big: choice.of(truths),
  Kind: choice.of(['"a"', '"b"', '"c"']),
  Own: String(choice.below(1000)),
  Half: choice.of(['MY.Cpus / 2', '1', '3', 'TARGET.RequestCpus']),
  Night: choice.of(['true', byTime ? 'time() % 20 < 10' : 'false']),
  Name: `"u${number}"`,
  Start: startOf(choice, byTime),
  ...(choice.oneIn(4) ? { [`New${choice.below(3)}`]: '1' } : {}),
});

/** The attributes that a slot may tell anew while it stays the same in most. */
export const randomChange = (choice: RandomChoice): Texts => ({
  Own: String(choice.below(1000)),
  Big: choice.of(truths),
});

export const randomJobs = (choice: RandomChoice, byTime: boolean): Texts => ({
  RequestCpus: choice.oneIn(8) ? 'TARGET.Cpus / 2' : String(1 + choice.below(5)),
  RequestMemory: String(1 + choice.below(3000)),
  JobPrio: String(choice.below(5) - 2),
  Requirements: choice.of(byTime ? [...requirements, ...requirementsByTime] : requirements),
  Experiment: choice.of(['"e1"', '"e2"']),
  ...(choice.oneIn(2) ? { Rank: choice.of(ranks) } : {}),
  ...(choice.oneIn(4) ? { ConcurrencyLimits: choice.of(limits) } : {}),
  ...(choice.oneIn(10) ? { RequestGPUs: '1' } : {}),
  ...(choice.oneIn(5) ? { AcctGroup: choice.of(['"g1"', '"g2"']) } : {}),
  ...(choice.oneIn(5) ? { AllowedExecuteDuration: String(1 + choice.below(2000)) } : {}),
});
