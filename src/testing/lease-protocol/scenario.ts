import fc from 'fast-check';

export type Direction = 'toPool' | 'toPilot' | 'both';

/** What can go wrong at the instant at which some message is sent. */
export type Blow =
  | { readonly kind: 'killPool'; readonly seconds: number }
  /** The connection breaks. */
  | { readonly kind: 'reset' }
  /** Nothing passes between the pilot and the pool. */
  | { readonly kind: 'cut'; readonly seconds: number; readonly direction: Direction }
  /** The sender sees the connection break, but the message arrives so much later. */
  | { readonly kind: 'strand'; readonly seconds: number };

/** What happens to a simulated world. Times are seconds of the world. */
export type Fault = { readonly at: number } & (
  | { readonly kind: 'cut'; readonly pilot: number; readonly seconds: number; readonly direction: Direction }
  /** Answers come late by `delay`, and then nothing reaches the pool any more. */
  | { readonly kind: 'fade'; readonly pilot: number; readonly seconds: number; readonly delay: number }
  | { readonly kind: 'reset'; readonly pilot: number }
  /** Another pilot comes in its place; `reported`: its operator proves its death. */
  | { readonly kind: 'killPilot'; readonly pilot: number; readonly reported: boolean }
  /** The pool is killed, and starts again after `seconds`, with this lease. */
  | { readonly kind: 'killPool'; readonly seconds: number; readonly lease: number }
  /** The same while one pilot is cut off, so that it does not hear of a new lease. */
  | { readonly kind: 'unheard'; readonly pilot: number; readonly lease: number }
  /** Nothing happens in the pool for a while. */
  | { readonly kind: 'freezePool'; readonly seconds: number }
  /** The database is copied; after `later` the pool is killed, and starts again with the copy. */
  | { readonly kind: 'restore'; readonly later: number; readonly seconds: number }
  /** One of the jobs that run at that time: `job` modulo their number. */
  | { readonly kind: 'holdAndRelease'; readonly job: number }
  /** The blow falls when the next message of this type is sent. */
  | { readonly kind: 'trap'; readonly message: string; readonly blow: Blow }
);

export interface Scenario {
  readonly seed: number;
  /** How fast the clock of the pool runs, and those of the pilots. */
  readonly rates: readonly [number, number, number, number];
  readonly jobs: number;
  /** The longest that a payload runs, by its pilot's clock. */
  readonly longest: number;
  /** The lease of the first pool. */
  readonly lease: number;
  /** Messages in a hundred that arrive twice. */
  readonly duplicates: number;
  readonly faults: readonly Fault[];
}

export const pilots = 3;
/** More than run at once, and long enough for the faults. */
export const longJobs = { jobs: fc.constant(8), longest: fc.constant(300) };

/** Seconds in which faults begin. */
const stormy = 400;

const at = fc.integer({ min: 3, max: stormy });
const pilot = fc.nat(pilots - 1);
const seconds = fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 60, max: 250 }));
const down = fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 120 }));
/** Short ones, so that much happens in a simulated hour. */
const lease = fc.constantFrom(60, 100, 200);
const direction = fc.constantFrom<Direction>('toPool', 'toPilot', 'both');

/** A fault of one kind, with an arbitrary for each of its fields. */
const of = <Of extends Fault | Blow, Kind extends Of['kind']>(
  kind: Kind,
  fields: {
    [Key in keyof Omit<Extract<Of, { kind: Kind }>, 'kind'>]: fc.Arbitrary<Extract<Of, { kind: Kind }>[Key]>;
  },
) => fc.record({ kind: fc.constant(kind), ...fields }) as unknown as fc.Arbitrary<Of>;

const blow: fc.Arbitrary<Blow> = fc.oneof(
  of<Blow, 'killPool'>('killPool', { seconds: down }),
  of<Blow, 'reset'>('reset', {}),
  of<Blow, 'cut'>('cut', { seconds, direction }),
  of<Blow, 'strand'>('strand', { seconds: fc.integer({ min: 1, max: 20 }) }),
);

const message = fc.constantFrom(
  'hello',
  'welcome',
  'start',
  'started',
  'finished',
  'recorded',
  'stop',
  'renewed',
);

const fault: fc.Arbitrary<Fault> = fc.oneof(
  of<Fault, 'cut'>('cut', { at, pilot, seconds, direction }),
  of<Fault, 'fade'>('fade', {
    at,
    pilot,
    seconds: fc.integer({ min: 100, max: 250 }),
    delay: fc.integer({ min: 10, max: 40 }),
  }),
  of<Fault, 'reset'>('reset', { at, pilot }),
  of<Fault, 'killPilot'>('killPilot', { at, pilot, reported: fc.boolean() }),
  of<Fault, 'killPool'>('killPool', { at, seconds: down, lease }),
  of<Fault, 'unheard'>('unheard', { at, pilot, lease }),
  of<Fault, 'freezePool'>('freezePool', { at, seconds }),
  of<Fault, 'restore'>('restore', { at, later: fc.integer({ min: 1, max: 200 }), seconds: down }),
  of<Fault, 'holdAndRelease'>('holdAndRelease', { at, job: fc.nat(20) }),
  of<Fault, 'holdAndRelease'>('holdAndRelease', { at, job: fc.nat(20) }),
  of<Fault, 'trap'>('trap', { at, message, blow }),
  of<Fault, 'trap'>('trap', { at, message, blow }),
  of<Fault, 'trap'>('trap', { at, message, blow }),
);

/** Thirty per cent either way. The worst are a pool whose clock is fast and a pilot whose clock is slow. */
const rate = fc.constantFrom(0.7, 0.7, 1, 1.3);
const rates = fc.oneof(fc.constant([1.3, 0.7, 0.7, 0.7] as const), fc.tuple(rate, rate, rate, rate));

/** Everything at once. */
export const storm: fc.Arbitrary<Scenario> = fc.record({
  seed: fc.nat(),
  ...longJobs,
  rates,
  lease,
  duplicates: fc.constantFrom(0, 10, 30),
  faults: fc.array(fault, { maxLength: 24, size: 'max' }),
});
