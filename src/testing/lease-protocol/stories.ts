import fc from 'fast-check';
import { type Fault, longJobs, pilots, type Scenario, storm } from './scenario.ts';

const seed = fc.nat();
const pilot = fc.nat(pilots - 1);
const at = fc.integer({ min: 20, max: 300 });

/** A pool whose clock is fast, and pilots whose clocks are slow: the least time between the two ends of a lease. */
const worstRates = fc.constant([1.3, 0.7, 0.7, 0.7] as const);
const equalRates = fc.constant([1, 1, 1, 1] as const);

/** Several incidents of one or more faults each. */
const incidents = (incident: fc.Arbitrary<readonly Fault[]>, least: number, most: number) =>
  fc.array(incident, { minLength: least, maxLength: most, size: 'max' }).map((all) => all.flat());

const one = (fault: fc.Arbitrary<unknown>): fc.Arbitrary<readonly Fault[]> =>
  fault.map((each) => [each as Fault]);

/**
 * Scenarios that put one part of the protocol under pressure again and again; `storm` is everything at once. A correct
 * protocol withstands each of them.
 */
export const stories = {
  storm,
  /** Answers come later and later, and then the line is cut. */
  fading: fc.record({
    seed,
    ...longJobs,
    rates: worstRates,
    lease: fc.constant(100),
    duplicates: fc.constant(0),
    faults: incidents(
      one(
        fc.record({
          kind: fc.constant('fade'),
          at,
          pilot,
          seconds: fc.constant(200),
          delay: fc.integer({ min: 25, max: 40 }),
        }),
      ),
      2,
      4,
    ),
  }),
  /** Pilots are cut off while the pool starts again with a shorter lease. */
  shorterLeases: fc.record({
    seed,
    ...longJobs,
    rates: worstRates,
    lease: fc.constant(200),
    duplicates: fc.constant(0),
    faults: incidents(
      fc
        .record({ at, pilot })
        .map((where) => [{ kind: 'unheard', ...where, lease: 60 }] satisfies readonly Fault[]),
      1,
      3,
    ),
  }),
  /** The pool is killed while it speaks of something that it has just decided. */
  killedAtWord: fc.record({
    seed,
    ...longJobs,
    rates: equalRates,
    lease: fc.constantFrom(100, 200),
    duplicates: fc.constant(0),
    faults: incidents(
      one(
        fc.record({
          kind: fc.constant('trap'),
          at,
          message: fc.constantFrom('start', 'recorded', 'finished'),
          blow: fc.record({ kind: fc.constant('killPool'), seconds: fc.integer({ min: 0, max: 30 }) }),
        }),
      ),
      4,
      8,
    ),
  }),
  /** A pilot says hello, comes on another connection, and then the first hello arrives. */
  lateHellos: fc.record({
    seed,
    jobs: fc.constant(4),
    longest: fc.constant(300),
    rates: equalRates,
    lease: fc.constant(200),
    duplicates: fc.constant(0),
    faults: incidents(
      fc
        .record({ at: fc.integer({ min: 5, max: 200 }), pilot, seconds: fc.integer({ min: 4, max: 14 }) })
        .map(
          ({ at: begins, pilot: number, seconds }) =>
            [
              // Its free place gets a job between the two.
              { kind: 'holdAndRelease', at: begins, job: number },
              { kind: 'holdAndRelease', at: begins, job: number + 1 },
              { kind: 'trap', at: begins, message: 'hello', blow: { kind: 'strand', seconds } },
              { kind: 'reset', at: begins, pilot: number },
              // The pilot hears nothing of what the pool makes of the late hello.
              { kind: 'cut', at: begins + seconds - 1, pilot: number, seconds: 60, direction: 'toPilot' },
            ] satisfies readonly Fault[],
        ),
      3,
      8,
    ),
  }),
  /** Jobs go back to where they were before, while old messages about them are still on their way. */
  repeats: fc.record({
    seed,
    ...longJobs,
    rates: equalRates,
    lease: fc.constant(100),
    duplicates: fc.constant(30),
    faults: incidents(
      one(
        fc.oneof(
          fc.record({ kind: fc.constant('holdAndRelease'), at, job: fc.nat(20) }),
          fc.record({ kind: fc.constant('holdAndRelease'), at, job: fc.nat(20) }),
          fc.record({ kind: fc.constant('reset'), at, pilot }),
        ),
      ),
      12,
      24,
    ),
  }),
  /** Older copies of the database are put back while pilots come and go. */
  restores: fc.record({
    seed,
    ...longJobs,
    rates: equalRates,
    lease: fc.constantFrom(60, 100),
    duplicates: fc.constant(10),
    faults: incidents(
      fc
        .record({ at, pilot, later: fc.integer({ min: 5, max: 100 }), cut: fc.integer({ min: 5, max: 120 }) })
        .map(
          ({ at: begins, pilot: number, later, cut }) =>
            [
              { kind: 'restore', at: begins, later, seconds: 2 },
              { kind: 'cut', at: begins + later - 3, pilot: number, seconds: cut, direction: 'both' },
              { kind: 'holdAndRelease', at: begins + 3, job: number },
            ] satisfies readonly Fault[],
        ),
      1,
      3,
    ),
  }),
} satisfies Record<string, fc.Arbitrary<Scenario>>;

export type Story = keyof typeof stories;
