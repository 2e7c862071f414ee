import { Gauge, type Registry } from 'prom-client';
import type { ClassAd } from '#classad/class-ad.ts';
import type { Pilot } from '../collector/pilot.ts';
import { groupKey, groupLabels } from './group-labels.ts';
import { others } from './labelled.ts';
import { type ServiceState, type SlotFacts, serviceStates, slotFacts } from './slot-facts.ts';

/** The most services with series of their own: those with the most instances. */
const mostServices = 20;

/** The most scores of groups that have series: those of the most pilots. */
const mostScores = 100;

type ServiceCounts = Record<ServiceState | 'restarts', number>;

interface Scores {
  readonly key: string;
  readonly attribute: string;
  count: number;
  sum: number;
}

/**
 * What pilots advertise of their services and of the benchmarks that these have run. A slot is read once, when it comes, because
 * ten thousand of them would take too long when Prometheus asks.
 */
export class SlotMetrics {
  readonly #facts = new WeakMap<ClassAd, SlotFacts>();
  readonly #all: () => Iterable<Pilot>;

  constructor(registry: Registry, all: () => Iterable<Pilot>) {
    this.#all = all;
    this.#registerServices(registry);
    this.#registerScores(registry);
  }

  /** Call it when a pilot has come, or its slot has changed. */
  changed({ facts: { slot } }: Pilot): void {
    if (!this.#facts.has(slot)) this.#facts.set(slot, slotFacts(slot));
  }

  #registerServices(registry: Registry): void {
    const count = () => this.#services();
    const registers = [registry];
    new Gauge({
      name: 'glidein_pool_services',
      help: 'Instances of services in registered pilots, by what they do: Up, Starting, Down (for now), or Failed (for good).',
      labelNames: ['service', 'state'],
      registers,
      collect() {
        this.reset();
        for (const [service, counts] of count())
          for (const state of serviceStates) this.set({ service, state }, counts[state]);
      },
    });
    new Gauge({
      name: 'glidein_pool_service_restarts',
      help: 'How often the instances of a service in registered pilots have been started again after failures.',
      labelNames: ['service'],
      registers,
      collect() {
        this.reset();
        for (const [service, { restarts }] of count()) this.set({ service }, restarts);
      },
    });
  }

  #registerScores(registry: Registry): void {
    const count = () => this.#scores();
    new Gauge({
      name: 'glidein_pool_benchmark_score',
      help: 'What services of registered pilots have measured: the mean, by group and attribute.',
      labelNames: ['site', 'group', 'attribute'],
      registers: [registry],
      collect() {
        this.reset();
        for (const { key, attribute, count: pilots, sum } of count())
          this.set({ ...groupLabels(key), attribute }, sum / pilots);
      },
    });
  }

  *#known(): Generator<readonly [Pilot, SlotFacts]> {
    for (const pilot of this.#all()) {
      const facts = this.#facts.get(pilot.facts.slot);
      if (facts !== undefined && facts.services.length > 0) yield [pilot, facts];
    }
  }

  #services(): readonly (readonly [string, ServiceCounts])[] {
    const byName = new Map<string, ServiceCounts>();
    for (const [, { services }] of this.#known())
      for (const { name, state, restarts } of services) {
        let known = byName.get(name);
        if (known === undefined) {
          known = { Up: 0, Starting: 0, Down: 0, Failed: 0, restarts: 0 };
          byName.set(name, known);
        }
        known[state] += 1;
        known.restarts += restarts;
      }
    const sorted = [...byName].sort(([, one], [, other]) => instancesOf(other) - instancesOf(one));
    const rest = sorted.slice(mostServices).map(([, counts]) => counts);
    return [
      ...sorted.slice(0, mostServices),
      ...(rest.length === 0 ? [] : [[others, rest.reduce(together)] as const]),
    ];
  }

  #scores(): readonly Scores[] {
    const byName = new Map<string, Scores>();
    for (const [pilot, { scores }] of this.#known())
      for (const [attribute, score] of scores) {
        const key = groupKey(pilot.facts);
        const name = `${attribute} ${key}`;
        let known = byName.get(name);
        if (known === undefined) {
          known = { key, attribute, count: 0, sum: 0 };
          byName.set(name, known);
        }
        known.count += 1;
        known.sum += score;
      }
    return [...byName.values()].sort((one, other) => other.count - one.count).slice(0, mostScores);
  }
}

const instancesOf = ({ Up, Starting, Down, Failed }: ServiceCounts): number => Up + Starting + Down + Failed;

const together = (one: ServiceCounts, other: ServiceCounts): ServiceCounts => ({
  Up: one.Up + other.Up,
  Starting: one.Starting + other.Starting,
  Down: one.Down + other.Down,
  Failed: one.Failed + other.Failed,
  restarts: one.restarts + other.restarts,
});
