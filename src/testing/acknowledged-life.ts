import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { hasBlob } from '#client/blobs.ts';
import { nextEvents } from '#client/event-pages.ts';
import type { PoolClient } from '#client/pool-client.ts';
import { type JobAction, jobActionAnswer, type SubmitRequest, submitAnswer } from '#wire/jobs.ts';
import { submitOf } from './ads.ts';
import { ScriptedPilot } from './scripted-pilot.ts';
import type { Acknowledgement, Durability, SyscallTrace } from './syscall-trace.ts';
import type { TracedPool } from './traced-pool.ts';

/** The content of the only file that is uploaded. */
const content = 'the only input';
const digest = `sha256:${createHash('sha256').update(content).digest('hex')}`;

/** Jobs that match no slot. */
const idle = { Requirements: 'false' };

/**
 * Makes a pool say everything by which somebody may rely on a record, each as soon as the pool is ready to. Whoever reads asks
 * again and again meanwhile, so that an answer comes as early as the pool gives it.
 */
export class AcknowledgedLife {
  readonly #pool: TracedPool;
  readonly #alice: PoolClient;
  readonly #expected: Record<string, Acknowledgement> = {};

  constructor(pool: TracedPool) {
    this.#pool = pool;
    this.#alice = pool.client('submitter', 'alice');
  }

  async live(): Promise<void> {
    await this.#upload();
    await this.#submissions();
    await this.#actions();
    const pilot = await this.#connect();
    try {
      await this.#completion(pilot);
      await this.#hold(pilot);
      await this.#reconnect(pilot);
    } finally {
      pilot.cut();
    }
    await this.#death();
  }

  /** By name, what the trace of such a life shows. */
  durability(trace: SyscallTrace): Readonly<Record<string, Durability>> {
    const found = Object.entries(this.#expected).map(([name, one]) => [name, trace.durability(one)] as const);
    return {
      ...Object.fromEntries(found),
      'the answer to an upload': trace.durabilityOfFile(content, digest, ['HTTP/1.1 204']),
      'a file that is found': trace.durabilityOfFile(content, digest, ['HTTP/1.1 200']),
    };
  }

  #expect(name: string, record: string, ...says: readonly string[]): void {
    this.#expected[name] = { record, says };
  }

  async #upload(): Promise<void> {
    const headers = { 'content-type': 'application/octet-stream', 'content-length': String(content.length) };
    const body = Readable.from([Buffer.from(content)]);
    const [{ body: rest }] = await Promise.all([
      this.#alice.raw(`/v1/blobs/${digest}`, { method: 'PUT', body, headers }),
      this.#found(),
    ]);
    await rest.dump();
  }

  /** Asks until the pool has the file. It is the first request that is answered with 200. */
  async #found(): Promise<void> {
    while (!(await hasBlob(this.#alice, digest)));
  }

  /** The second request with a key comes while the first is being recorded. */
  async #submissions(): Promise<void> {
    const first = submitOf(6, idle);
    await this.#submit(first);
    const second = submitOf(2, idle);
    await Promise.all([this.#submit(second), this.#submit(second)]);
    this.#expect('the answer to a submission', first.key, '"cluster":1', '"procs":6');
    this.#expect('the answer to a repeated submission', second.key, '"cluster":2', '"procs":2');
  }

  /** Each action changes another number of jobs, by which its answer is known. */
  async #actions(): Promise<void> {
    await Promise.all([
      this.#act('hold', ['1'], 'the first hold'),
      this.#shown('/v1/jobs/1.5', 'the first hold'),
      this.#shown('/v1/jobs', 'the first hold'),
    ]);
    await this.#act('release', ['1.0', '1.1', '1.2', '1.3', '1.4'], 'the first release');
    await Promise.all([
      this.#act('remove', ['1.0', '1.1', '1.2', '1.3'], 'the first removal'),
      this.#shown('/v1/history', 'the first removal'),
    ]);
    this.#expect('the answer to a hold', 'the first hold', '"changed":6');
    this.#expect('a job that is shown', 'the first hold', '"total":1', 'the first hold');
    this.#expect('a listing of jobs', 'the first hold', '"total":8', 'the first hold');
    this.#expect('the answer to a release', 'the first release', '"changed":5');
    this.#expect('the answer to a removal', 'the first removal', '"changed":4');
    this.#expect('the history', 'the first removal', '"total":4', 'the first removal');
  }

  /** The result is sent twice, so that the second may overtake the record of the first. */
  async #completion(pilot: ScriptedPilot): Promise<void> {
    pilot.printed.set('3.0', 'printed');
    await this.#submit(submitOf());
    const start = await pilot.begin('3.0');
    const events = nextEvents(this.#alice, { after: 0, wait: 30, signal: AbortSignal.timeout(30_000) });
    const final = this.#untilFinal('/v1/jobs/3.0/logs/stdout');
    const left = [{ name: 'left by 3.0', reason: 'a test' }];
    pilot.finished(start, undefined, { left });
    pilot.finished(start, undefined, { left });
    await Promise.all([pilot.recorded(start.claim), events, final]);
    this.#expect('a start', '"id":"3.0.1"', '"type":"start"', '"3.0.1"');
    this.#expect('recorded', 'left by 3.0', '"type":"recorded"', '"3.0.1"');
    this.#expect('an event', 'left by 3.0', '"job":"3.0"', '"next":"Completed"');
    this.#expect('the end of a log', 'left by 3.0', 'x-glidein-final: true');
  }

  /** What the job has saved is sent twice too. */
  async #hold(pilot: ScriptedPilot): Promise<void> {
    await this.#submit(submitOf());
    const start = await pilot.begin('4.0');
    const { claim } = start;
    const files = [{ name: 'saved by 4.0', digest, size: content.length, executable: false }];
    for (let time = 0; time < 2; time += 1)
      pilot.say({ type: 'checkpointed', claim, at: Date.now(), checkpoint: { number: 0, files } });
    await pilot.next('kept');
    await Promise.all([this.#act('hold', ['4.0'], 'the second hold'), pilot.next('stop')]);
    pilot.finished(start, { kind: 'stopped', reason: 'stopped by 4.0' });
    await pilot.recorded(start.claim);
    this.#expect('kept', 'saved by 4.0', '"type":"kept"', '"4.0.1"');
    this.#expect('a stop', 'the second hold', '"type":"stop"', 'the second hold');
    this.#expect('recorded, of a job that is held', 'stopped by 4.0', '"type":"recorded"', '"4.0.1"');
  }

  /** While the end of a job is being recorded, its pilot comes back with the claim. */
  async #reconnect(pilot: ScriptedPilot): Promise<void> {
    await this.#submit(submitOf());
    const start = await pilot.begin('5.0');
    const again = await this.#open();
    pilot.finished(start, undefined, { left: [{ name: 'left by 5.0', reason: 'a test' }] });
    // Its answer says that the pool has seen the result; it needs no record.
    pilot.say({ type: 'renew', sequence: 1 });
    await pilot.next('renewed');
    again.sayHello({ claims: [start.claim] });
    await again.next('welcome');
    again.say({ type: 'leaving', reason: 'a test' });
    await again.end();
    this.#expect('a claim to drop', 'left by 5.0', '"type":"welcome"', '"5.0.1"');
  }

  async #death(): Promise<void> {
    const pilot = await this.#connect();
    await this.#submit(submitOf());
    await pilot.begin('6.0');
    const json = { reason: 'the proof of death' };
    const operator = this.#pool.client('operator', 'site');
    const answer = await operator.raw(`/v1/pilots/${pilot.uid}/gone`, { method: 'POST', json });
    await answer.body.dump();
    this.#expect('the answer to a proof of death', 'the proof of death', '"requeued":1');
  }

  async #connect(): Promise<ScriptedPilot> {
    const pilot = await this.#open();
    pilot.sayHello();
    await pilot.next('welcome');
    return pilot;
  }

  async #open(): Promise<ScriptedPilot> {
    const uid = 'traced';
    return ScriptedPilot.open({ url: this.#pool.url, token: await this.#pool.token('pilot', uid), uid });
  }

  async #submit(json: SubmitRequest): Promise<void> {
    await this.#alice.json('/v1/jobs', submitAnswer, { method: 'POST', json });
  }

  async #act(action: JobAction['action'], jobs: readonly string[], reason: string): Promise<void> {
    const json = { action, jobs, reason };
    await this.#alice.json('/v1/jobs/actions', jobActionAnswer, { method: 'POST', json });
  }

  /** Asks until an answer contains the text. */
  async #shown(path: string, text: string): Promise<void> {
    for (;;) {
      const { body } = await this.#alice.raw(path);
      if ((await body.text()).includes(text)) return;
    }
  }

  /** Asks until the pool says that no more will be printed. */
  async #untilFinal(path: string): Promise<void> {
    for (;;) {
      const { body, headers } = await this.#alice.raw(path);
      await body.dump();
      if (headers['x-glidein-final'] === 'true') return;
    }
  }
}
