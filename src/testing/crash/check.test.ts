import { beforeEach, describe, expect, it } from 'vitest';
import type { AuditKind, AuditRecord } from '#wire/audit.ts';
import type { JobEvent } from '#wire/events.ts';
import type { JobView } from '#wire/jobs.ts';
import { faultsOf } from './check.ts';
import { Diary, type Execution } from './diary.ts';
import { keyAttribute, type PoolState, status } from './pool-state.ts';

type Mutable<Thing> = { -readonly [Name in keyof Thing]: Thing[Name] };

const generation = 'g';
const output = { name: 'result', digest: `sha256:${'1'.repeat(64)}`, size: 1, executable: false };

/** A run in which all went well: one cluster of three, of which 1.0 and 1.1 completed, and 1.2 is held. */
class GoodRun {
  readonly diary = new Diary();
  readonly state: Mutable<PoolState> & { queue: JobView[]; history: JobView[]; events: JobEvent[] };

  constructor() {
    const procs = ['"a"', '"b"', '"c"'];
    const answers = { clusters: new Set<number>(), unanswered: 1, refused: 0 };
    const submission = { key: 'k', owner: 'u', procs, hasLog: true, onHold: false, ...answers };
    this.diary.submissions.push(submission);
    this.diary.acknowledge(submission, 1);
    this.run('1.0', 'p1', 10, 20);
    this.run('1.1', 'p2', 10, 30);
    this.diary.actions.push({
      action: 'hold',
      target: '1.2',
      sentAt: 5,
      answeredAt: 6,
      answeredWall: 6,
      answer: { changed: 1, refused: [] },
    });
    this.diary.files.add(output.digest);
    this.state = {
      queue: [view('1.2', status.Held)],
      history: [view('1.1', status.Completed), view('1.0', status.Completed)],
      events: [submitted, ended(2, '1.0'), ended(3, '1.1')],
      audit: [done(1, 'submit', 3, '1'), done(2, 'hold', 1, '1.2')],
      files: new Set([output.digest]),
      repeated: new Map([['k', 1]]),
    };
    this.diary.read('u', this.state.events, 3);
    this.diary.shownEnded.set('1.0', status.Completed);
  }

  run(job: string, pilot: string, from: number, until: number): Mutable<Execution> {
    const claim = { generation, id: `${job}.1`, epoch: 1 };
    const result = { outcome: { kind: 'exited' as const, exitCode: 0 }, outputs: [output] };
    const execution = { job, claim, pilot, from, until, result, recorded: true as const };
    this.diary.executions.push(execution);
    return execution;
  }

  get faults(): string {
    return faultsOf(this.diary, this.state).join('\n');
  }
}

const done = (seq: number, what: AuditKind, count: number, ...jobs: string[]): AuditRecord => ({
  seq,
  at: seq,
  what,
  count,
  jobs,
});
const submitted: JobEvent = { seq: 1, job: '1', at: 1, what: { kind: 'submitted', procs: 3 } };
const ended = (seq: number, job: string): JobEvent => ({
  seq,
  job,
  at: seq,
  what: {
    kind: 'ended',
    endedAt: seq,
    usage: { wallSeconds: 0 },
    sentBytes: 0,
    receivedBytes: 0,
    next: 'Completed',
  },
});

function view(id: string, jobStatus: string): JobView {
  const proc = Number(id.split('.')[1]);
  const isCompleted = jobStatus === status.Completed;
  return {
    id,
    ad: {
      [keyAttribute]: '"k"',
      Owner: '"u"',
      Arguments: ['"a"', '"b"', '"c"'][proc] ?? '',
      JobStatus: jobStatus,
      NumJobStarts: isCompleted ? '1' : '0',
      ...(isCompleted && { ExitCode: '0' }),
    },
    attempts: isCompleted ? [attempt(1, `p${proc + 1}`)] : [],
    outputs: isCompleted ? [output] : [],
  };
}

const attempt = (epoch: number, pilotUid: string): JobView['attempts'][number] => ({
  epoch,
  pilot: pilotUid,
  pilotUid,
  group: 'g',
  claimedAt: 1,
  startedAt: 2,
  endedAt: 3,
  outcome: { kind: 'exited', exitCode: 0 },
});

describe('the checker of a crash run', () => {
  let run: GoodRun;
  beforeEach(() => {
    run = new GoodRun();
  });
  const change = (id: string, more: Partial<JobView>) => {
    run.state.history = run.state.history.map((job) => (job.id === id ? { ...job, ...more } : job));
  };

  it('finds nothing in a run in which all went well', () => {
    expect(run.faults).toBe('');
  });

  it('finds a job that is lost', () => {
    run.state.history.pop();
    expect(run.faults).toMatch('cluster 1 lacks 1 of its 3 procs: 0');
    expect(run.faults).toMatch('1.0 was started and is not there');
  });

  it('finds an acknowledged cluster that is lost', () => {
    run.state.queue = [];
    run.state.history = [];
    expect(run.faults).toMatch('cluster 1 (k) was acknowledged and is lost');
  });

  it('finds half a cluster that was never acknowledged', () => {
    run.diary.submissions[0]?.clusters.clear();
    run.state.queue = [];
    expect(run.faults).toMatch('cluster 1 lacks 1 of its 3 procs: 2');
  });

  it('finds a submission that was refused and is there', () => {
    Object.assign(run.diary.submissions[0] ?? {}, { clusters: new Set(), unanswered: 0, refused: 1 });
    expect(run.faults).toMatch('k was refused and is there as cluster 1');
  });

  it('finds a second cluster for one key, in the queue and in the answers', () => {
    run.state.queue.push(view('2.0', status.Held));
    run.diary.submissions[0]?.clusters.add(2);
    run.state.repeated = new Map([['k', 2]]);
    expect(run.faults).toMatch('k is there as the clusters 1,2');
    expect(run.faults).toMatch('k was acknowledged as the clusters 1,2');
    expect(run.faults).toMatch('k is cluster 1, and repeated it is cluster 2');
  });

  it('an act that the audit lacks, and a record of what was not done', () => {
    const [submit, hold] = run.state.audit;
    run.state.audit = [];
    expect(run.faults).toMatch('the audit lacks the submission of cluster 1');
    expect(run.faults).toMatch('the audit lacks that somebody wanted to hold 1.2');
    run.state.audit = [submit!, hold!, submit!, done(4, 'submit', 1, '7'), done(5, 'remove', 2, '1.0-1.1')];
    expect(run.faults).toMatch('the audit has cluster 1 2 times');
    expect(run.faults).toMatch('the audit has cluster 7, which was never submitted');
    expect(run.faults).toMatch('1.0 was removed 0 times, and 1 times by the audit');
  });

  it('finds one cluster for two keys, and one that nobody submitted', () => {
    run.diary.submissions.push({ ...run.diary.submissions[0]!, key: 'other', clusters: new Set([1]) });
    run.state.queue.push({
      ...view('9.0', status.Held),
      ad: { ...view('9.0', status.Held).ad, [keyAttribute]: '"nobody"' },
    });
    expect(run.faults).toMatch('cluster 1 was given to k and to other');
    expect(run.faults).toMatch('cluster 9 (nobody) was never submitted');
  });

  it('finds procs whose arguments are mixed up', () => {
    change('1.0', { ad: { ...view('1.0', status.Completed).ad, Arguments: '"b"' } });
    expect(run.faults).toMatch('1.0 has the arguments "b" instead of "a"');
  });

  it('finds a job that was done twice', () => {
    const claim = { generation, id: '1.0.2', epoch: 2 };
    run.diary.executions.push({ ...run.run('1.0', 'p1', 40, 50), claim });
    change('1.0', { attempts: [attempt(1, 'p1'), attempt(2, 'p1')] });
    expect(run.faults).toMatch('1.0: its JobStatus is 4, and 2 attempts completed it');
    expect(run.faults).toMatch('1.0 was given to a pilot after its end');
  });

  it('finds two payloads of one job at once, also if the first of them never ends', () => {
    run.run('1.0', 'p9', 19, 25);
    expect(run.faults).toMatch('1.0: 1.0.1 on p9 began while 1.0.1 on p1 lived');
    run.diary.executions.splice(0, 2);
    delete run.run('1.0', 'p1', 1, 2).until;
    expect(run.faults).toMatch('1.0: 1.0.1 on p9 began while 1.0.1 on p1 lived');
  });

  it('finds a result that was recorded and is not kept', () => {
    const { outcome: _, ...lost } = attempt(1, 'p1');
    change('1.0', { attempts: [{ ...lost, reason: 'lost' }] });
    expect(run.faults).toMatch(
      '1.0: the end of 1.0.1 was recorded as {"kind":"exited","exitCode":0}, and is undefined',
    );
  });

  it('finds a start that the pool does not remember, and one that no pilot has heard of', () => {
    change('1.0', { attempts: [attempt(1, 'p7')] });
    expect(run.faults).toMatch('1.0: 1.0.1 was started on p1, and the pool knows p7');
    run.diary.executions.length = 0;
    expect(run.faults).toMatch('1.0: attempt 1 was never started by a pilot');
  });

  it('finds a claim that is started again after its end was recorded', () => {
    const { claim } = run.diary.executions[0]!;
    Object.assign(run.diary.begin('1.0', claim, 'p1'), { recorded: true });
    run.diary.begin('1.0', claim, 'p1');
    expect(run.faults).toMatch('1.0: the claim 1.0.1 was started after its end was recorded');
  });

  it('finds outputs that are lost, or are those of another execution', () => {
    run.state.files = new Set();
    expect(run.faults).toMatch(`1.0: its output ${output.digest} cannot be read`);
    expect(run.faults).toMatch(`the upload of ${output.digest} was acknowledged, and it cannot be read`);
    change('1.0', { outputs: [] });
    expect(run.faults).toMatch('1.0 has the outputs of another execution');
  });

  it('finds attempts that do not add up', () => {
    change('1.0', { ad: { ...view('1.0', status.Completed).ad, NumJobStarts: '2' } });
    expect(run.faults).toMatch('1.0: NumJobStarts is 2 with 1 starts');
    change('1.0', { attempts: [{ ...attempt(2, 'p1') }] });
    expect(run.faults).toMatch('1.0: its attempts do not count 1, 2, 3');
  });

  it('finds a job that was held and ran, one that nobody held, and one that nobody removed', () => {
    run.state.queue = [];
    run.state.history.push(view('1.2', status.Completed));
    Object.assign(run.diary.actions[0]!, { answeredWall: 0 });
    expect(run.faults).toMatch('1.2: hold 1.2 was acknowledged, but its JobStatus is 4');
    expect(run.faults).toMatch('1.2: hold 1.2 was acknowledged, but it was given to a pilot afterwards');
    run.diary.actions.length = 0;
    run.state.history = [view('1.0', status.Completed), view('1.1', status.Removed)];
    run.state.queue = [view('1.2', status.Held)];
    expect(run.faults).toMatch('1.1 is removed, and nobody removed it');
    expect(run.faults).toMatch('1.2 is held, and nobody held it');
  });

  it('finds a job that was submitted on hold and ran', () => {
    Object.assign(run.diary.submissions[0]!, { onHold: true });
    expect(run.faults).toMatch('1.0: hold 1 was acknowledged, but it was given to a pilot afterwards');
    expect(run.faults).not.toMatch('1.2');
  });

  it('finds a release and a removal without effect', () => {
    const answered = { answeredAt: 9, answeredWall: 9, answer: { changed: 1, refused: [] } };
    run.diary.actions.push({ action: 'release', target: '1', sentAt: 8, ...answered });
    expect(run.faults).toMatch('1.2: release 1 was acknowledged, but it is still held');
    run.diary.actions.push({ action: 'remove', target: '1.2', sentAt: 10, ...answered });
    expect(run.faults).toMatch('1.2: remove 1.2 was acknowledged, but its JobStatus is 5');
  });

  it('believes in what may have happened: an unanswered release may come at any time, and a job may end before its cluster is held', () => {
    run.diary.actions.push({ action: 'release', target: '1.2', sentAt: 7 });
    run.diary.actions.push({ ...run.diary.actions[0]!, target: '1', answeredAt: 31, sentAt: 31 });
    run.state.queue = [];
    run.state.history.push({ ...view('1.2', status.Completed), attempts: [attempt(1, 'p3')] });
    run.run('1.2', 'p3', 8, 9);
    run.state.events.push(ended(4, '1.2'));
    expect(run.faults).toBe('');
  });

  it('finds a job that has not ended', () => {
    run.state.queue = [view('1.2', status.Idle)];
    expect(run.faults).toMatch('1.2 has not ended: its JobStatus is 1');
  });

  it('finds a job that is listed twice, or in the wrong list', () => {
    run.state.history.push(view('1.0', status.Completed), view('1.2', status.Held));
    run.state.queue.push(view('1.1', status.Completed));
    expect(run.faults).toMatch('1.0 is listed twice');
    expect(run.faults).toMatch('1.2 has not ended and is in the history');
    expect(run.faults).toMatch('1.1 has ended and is in the queue');
  });

  it('finds a job that was shown as ended and came back to life', () => {
    run.diary.shownEnded.set('1.2', status.Removed);
    expect(run.faults).toMatch('1.2 was shown with JobStatus 3, and has 5');
  });

  it('knows that one event may tell of many jobs of a cluster', () => {
    const answered = { answeredAt: 9, answeredWall: 9, answer: { changed: 1, refused: [] } };
    run.diary.actions.push({ action: 'remove', target: '1', sentAt: 8, ...answered });
    run.state.queue = [];
    run.state.history.push(view('1.2', status.Removed));
    const what = { kind: 'removed' as const, reason: 'r', ran: false, procs: [[2, 2]] as [number, number][] };
    expect(run.faults).toMatch('there are 0 events "1.2 removed" instead of 1');
    run.state.events.push({ seq: 4, job: '1', at: 4, what });
    expect(run.faults).not.toMatch('removed" instead');
  });

  it('finds events that are lost, untold, doubled or changed', () => {
    run.state.events = [submitted, ended(2, '1.0')];
    expect(run.faults).toMatch('event 3 was read as');
    expect(run.faults).toMatch('there are 0 events "1.1 Completed" instead of 1');
    run.state.events = [submitted, ended(2, '1.0'), ended(3, '1.1'), ended(4, '1.1')];
    run.diary.followed.set('u', 4);
    expect(run.faults).toMatch('u was never told of event 4 of 1.1');
    expect(run.faults).toMatch('there are 2 events "1.1 Completed" instead of 1');
    run.diary.read('u', [ended(3, '1.0')], 3);
    expect(run.faults).toMatch('event 3 was {');
  });
});
