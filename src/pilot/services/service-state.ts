import type { Service } from '#spec/services/service.ts';

export type ServicePhase =
  | 'Waiting'
  | 'Starting'
  | 'Ready'
  | 'Unready'
  | 'Killing'
  | 'Backoff'
  | 'Completed'
  | 'Failed'
  | 'Stopping'
  | 'Stopped';

/** One instance of a service. */
export interface ServiceState {
  readonly phase: ServicePhase;
  /** Whether jobs can use it, or what it has found out. */
  readonly usable: boolean;
  /** Epoch milliseconds since when it has been usable. */
  readonly readySince?: number | undefined;
  /** How often it has been started again after a failure. */
  readonly restarts: number;
  /** Restarts since it last was ready for long. */
  readonly row: number;
  readonly lastFailure?: string | undefined;
  /** Why it is being killed. */
  readonly condemned?: string | undefined;
}

export type ServiceEvent =
  | { readonly type: 'start' | 'steady' | 'stop' }
  | { readonly type: 'ready'; readonly at: number }
  | { readonly type: 'unready' | 'condemn' | 'giveUp'; readonly reason: string }
  | { readonly type: 'ended'; readonly ok: boolean; readonly reason: string; readonly at: number };

/** What decides what follows the end of a service. */
export interface RestartRule {
  readonly policy: Service['restart']['policy'];
  readonly max: number;
  /** It does its work and ends: its end with 0 is what is waited for. */
  readonly runsToEnd: boolean;
}

export const newService: ServiceState = { phase: 'Waiting', usable: false, restarts: 0, row: 0 };

/**
 * The life of one instance of a service. Pure.
 *
 * | phase                        | event                                    | next      | meaning                                  |
 * |------------------------------|------------------------------------------|-----------|------------------------------------------|
 * | Waiting, Backoff, Completed  | start                                    | Starting  | its process is being started             |
 * | Waiting                      | giveUp                                   | Failed    | what it depends on has failed            |
 * | Starting, Unready            | ready                                    | Ready     | it can be used                           |
 * | Ready                        | unready                                  | Unready   | jobs that need it do not come            |
 * | Starting, Ready, Unready     | condemn                                  | Killing   | not alive, too late, or took too much    |
 * | Starting … Killing           | ended, and it may restart                | Backoff   | its process is dead                      |
 * | Starting … Killing           | ended, and it may not                    | Failed    | for good                                 |
 * | Starting, Ready, Unready     | ended with 0, and it need not restart    | Completed |                                          |
 * | Starting … Killing           | stop                                     | Stopping  | the pilot leaves                         |
 * | Stopping                     | ended                                    | Stopped   |                                          |
 * | any other                    | stop                                     | Stopped   |                                          |
 *
 * What runs to its end is usable from its first end with 0, and while it runs again. What stays is usable while it is Ready.
 */
export const nextService = (state: ServiceState, event: ServiceEvent, rule: RestartRule): ServiceState =>
  event.type === 'ended' ? ended(state, event, rule) : changes[event.type](state, event, rule);

type Change = (
  state: ServiceState,
  event: { readonly type: string; readonly reason?: string; readonly at?: number },
  rule: RestartRule,
) => ServiceState;

/** What each event but the end of a process changes. */
const changes: Readonly<Record<Exclude<ServiceEvent['type'], 'ended'>, Change>> = {
  start: (state) => (isStartable(state) ? started(state) : state),
  ready: (state, { at }) =>
    isIn(state, 'Starting', 'Unready') ? { ...state, phase: 'Ready', usable: true, readySince: at } : state,
  unready: (state, { reason }) =>
    isIn(state, 'Ready') ? { ...unusable(state), phase: 'Unready', lastFailure: reason } : state,
  condemn: (state, { reason }, { runsToEnd }) =>
    isIn(state, 'Starting', 'Ready', 'Unready')
      ? { ...(runsToEnd ? state : unusable(state)), phase: 'Killing', condemned: reason }
      : state,
  steady: (state) => (isIn(state, 'Ready') ? { ...state, row: 0 } : state),
  giveUp: (state, { reason }) =>
    isIn(state, 'Waiting') ? { ...state, phase: 'Failed', lastFailure: reason } : state,
  stop: (state) => ({ ...unusable(state), phase: hasProcess(state) ? 'Stopping' : 'Stopped' }),
};

/** Whether it has a process, or is about to have one. */
export const hasProcess = (state: ServiceState): boolean =>
  isIn(state, 'Starting', 'Ready', 'Unready', 'Killing', 'Stopping');

/** Whether it will never be usable again. @param runsToEnd a service that stays is over when it ends with 0, too */
export const isOver = (state: ServiceState, runsToEnd: boolean): boolean =>
  isIn(state, 'Failed', 'Stopped') || (isIn(state, 'Completed') && !runsToEnd);

const isIn = ({ phase }: ServiceState, ...phases: readonly ServicePhase[]): boolean => phases.includes(phase);

const isStartable = (state: ServiceState): boolean => isIn(state, 'Waiting', 'Backoff', 'Completed');

const unusable = (state: ServiceState): ServiceState => ({ ...state, usable: false, readySince: undefined });

function started(state: ServiceState): ServiceState {
  const again = isIn(state, 'Backoff') ? 1 : 0;
  return { ...state, phase: 'Starting', restarts: state.restarts + again, row: state.row + again };
}

function ended(
  state: ServiceState,
  { ok, reason, at }: Extract<ServiceEvent, { type: 'ended' }>,
  rule: RestartRule,
): ServiceState {
  if (isIn(state, 'Stopping')) return { ...state, phase: 'Stopped' };
  if (!hasProcess(state)) return state;
  const { condemned, ...rest } = state;
  const isWell = ok && condemned === undefined;
  if (isWell && rule.runsToEnd) return { ...rest, phase: 'Completed', usable: true, readySince: at, row: 0 };
  if (isWell && rule.policy !== 'Always') return { ...unusable(rest), phase: 'Completed' };
  const phase = mayRestart(state, rule) ? 'Backoff' : 'Failed';
  return { ...unusable(rest), phase, lastFailure: condemned ?? reason };
}

const mayRestart = ({ row }: ServiceState, { policy, max }: RestartRule): boolean =>
  policy !== 'Never' && row < max;
