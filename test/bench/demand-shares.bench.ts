import { Collector } from '#pool/collector/collector.ts';
import type { Autocluster } from '#pool/negotiator/autocluster.ts';
import { Apportioning } from '#pool/registry/apportioning.ts';
import { Bidders } from '#pool/registry/bidders.ts';
import type { SelectedAutocluster } from '#pool/registry/select-autoclusters.ts';
import { jobAd, slotTexts } from '#testing/ads.ts';
import { report } from '#testing/figures.ts';
import { ManualClock } from '#testing/manual-clock.ts';

/** What the shares of one answer cost, at the largest pool that is meant: 2,000 autoclusters, ten sites, 10,000 pilots. */
const autoclusters = 2_000;
const sites = 10;
const groupsOfSite = 2;
const pilots = 10_000;
const rounds = 20;

const clock = new ManualClock();
const collector = new Collector(clock);
const bidders = new Bidders(clock);
const apportioning = new Apportioning({ bidders, collector, clock, onShift: () => {} });
const groupOf = (pilot: number): string => `g${pilot % groupsOfSite}`;
const slotOf = (group: string): Record<string, string> =>
  slotTexts({
    Cpus: group === 'g0' ? '8' : '32',
    Memory: '65536',
    ...Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`Machine_${index}`, '"some text"'])),
  });

for (let pilot = 0; pilot < pilots; pilot += 1) {
  const hello = {
    type: 'hello' as const,
    protocol: 1,
    uid: `u${pilot}`,
    name: `p${pilot}`,
    group: groupOf(pilot),
    site: `site${pilot % sites}`,
    slot: slotOf(groupOf(pilot)),
    retireIn: 1e6,
    draining: false,
    claims: [],
  };
  const registered = collector.register(hello, { send: () => {}, sendPrinted: () => {}, close: () => {} });
  // Nine of ten are full; the others have cores without memory.
  const { cpus, memory, disk } = registered.free;
  registered.take('c', { cpus: pilot % 10 === 0 ? cpus - 2 : cpus, memory, disk: disk / 2, gpus: 0 });
}
for (let site = 0; site < sites; site += 1) {
  bidders.put(`site${site}`, {
    groups: ['g0', 'g1'].map((name) => ({
      name,
      template: slotOf(name),
      wanted: 0,
      decision: '',
      limits: [],
      phases: {},
      policy: 'p',
      headroom: 1000,
      starting: 0,
    })),
    reads: [],
    waitSeconds: 0,
  });
}

const waiting = Array.from({ length: autoclusters }, (_, id): SelectedAutocluster => {
  const ad = jobAd({
    RequestCpus: String(1 + (id % 8)),
    RequestMemory: String(128 * (1 + (id % 40))),
    Requirements: `TARGET.Cpus >= RequestCpus && TARGET.Memory >= RequestMemory && TARGET.Machine_${id % 20} != "x"`,
  });
  return { autocluster: { id, ad } as Autocluster, count: 1 + (id % 100), ad: ad.toTexts() };
});

const ask = (site: number): number => {
  const begun = process.cpuUsage();
  apportioning.sharesFor(`site${site}`, performance.now(), waiting);
  return process.cpuUsage(begun).user / 1000;
};
const first = ask(0);
const times: number[] = [];
for (let round = 0; round < rounds; round += 1) {
  clock.advance(100);
  times.push(ask(round % sites));
}
report({
  name: 'demand: the shares of one answer',
  figure: times.reduce((sum, time) => sum + time, 0) / rounds,
  unit: 'ms of CPU',
  aim: 100,
  better: 'lower',
  baseline: first,
  conditions: `${autoclusters} autoclusters, ${sites} bidders of ${groupsOfSite} groups, ${pilots} pilots; the baseline is the first answer`,
});
