import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  missingRuntime,
  PilotProcess,
  type PilotProcessOptions,
  testRuntime,
} from '#testing/pilot-process.ts';
import { PoolPeer, type TestJob } from '#testing/pool-peer.ts';
import { adFromTexts } from '#wire/ad-texts.ts';

const missing = await missingRuntime();

/** A job that runs this script. */
const shell = (script: string, more: Partial<TestJob> = {}): TestJob => ({
  ad: {
    Cmd: '"/bin/sh"',
    Arguments: JSON.stringify(`-c '${script}'`),
    TransferExecutable: 'false',
    ContainerImage: '"hello"',
  },
  ...more,
});

const sh = (script: string) => ({ image: 'hello', command: ['/bin/sh'], args: ['-c', script] });

/** Processes whose command line, with blanks between its words, matches. */
async function processesOf(pattern: RegExp): Promise<number[]> {
  const names = (await readdir('/proc')).filter((name) => /^[0-9]+$/.test(name));
  const seen = await Promise.all(
    names.map(async (name) => ({
      pid: Number(name),
      command: await readFile(`/proc/${name}/cmdline`, 'utf8').catch(() => ''),
    })),
  );
  return seen.filter(({ command }) => pattern.test(command.replaceAll('\0', ' '))).map(({ pid }) => pid);
}

const accepts = (port: number) =>
  new Promise<boolean>((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });

describe.skipIf(missing !== undefined)(`the services of a pilot${missing ? ` (${missing})` : ''}`, () => {
  const cleanups: (() => Promise<unknown>)[] = [];
  let shared: string;
  beforeEach(async () => {
    shared = await mkdtemp(join(tmpdir(), 'glidein-services-'));
    cleanups.push(() => rm(shared, { recursive: true, force: true }));
  });
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  });

  type Services = NonNullable<PilotProcessOptions['spec']>['services'];

  async function begin(services: Services, more: Partial<PilotProcessOptions> = {}) {
    const pool = await PoolPeer.listen();
    cleanups.push(() => pool.close().catch(() => undefined));
    const pilot = await PilotProcess.start({
      url: pool.url,
      ...more,
      spec: { cpus: 4, memory: '1Gi', disk: '2Gi', services, ...more.spec },
    });
    cleanups.push(() => pilot.destroy());
    return { pool, pilot };
  }

  /** What the pilot has said of its slot last. */
  const slotOf = (pool: PoolPeer) => {
    const said = pool.heard.flatMap(({ message }) =>
      message.type === 'hello' || message.type === 'slot' ? [message.slot] : [],
    );
    return adFromTexts(said.at(-1) ?? {});
  };
  const attribute = (pool: PoolPeer, expression: string) => {
    const ad = slotOf(pool);
    ad.setText('Asked', expression);
    return ad.evaluate('Asked');
  };
  /** A member of what the slot says of the first service. */
  const first = (pool: PoolPeer, member: string) => attribute(pool, `GLIDEIN_Services[0].${member}`);

  const web = {
    name: 'web',
    ...sh(
      'echo hello >/srv/index.html; exec httpd -f -p 127.0.0.1:{{port.http}} -h {{name}}'.replace(
        '{{name}}',
        '/srv',
      ),
    ),
    ports: [{ name: 'http' }],
    discovery: { env: { WEB_URL: 'http://127.0.0.1:{{port.http}}/' } },
    readiness: { http: { port: 'http', path: '/' }, period: '200ms', failureThreshold: 1 },
    restart: { backoff: '10ms' },
  };

  it('are found by payloads, and what they take is not offered', async () => {
    const { pool } = await begin([
      { ...web, required: true, resources: { cpus: 1, memory: '256Mi', disk: '1Gi' } },
    ]);
    const { slot } = await pool.hello();
    expect(slot).toMatchObject({ Cpus: '3', Memory: '768', HasService_web: 'true' });
    expect(Number(slot.Disk)).toBeLessThanOrEqual(2 ** 20);
    const { stdout } = await pool.run(
      shell('wget -qO- $WEB_URL; grep -c http $GLIDEIN_SERVICES; echo $GLIDEIN_SERVICES'),
    );
    expect(pool.content(stdout)).toBe('hello\n1\n/srv/.services.json\n');
    expect(first(pool, 'Phase')).toBe('Ready');
    const { outputs } = await pool.run(shell('cat .services.json > mine'));
    expect(outputs.map(({ name }) => name)).toEqual(['mine']);
    expect(JSON.parse(pool.content(outputs[0]))).toMatchObject({
      services: { web: { instance: 0, host: '127.0.0.1', ports: { http: expect.any(Number) } } },
    });
  });

  it('that lose their readiness make the slot unfit for jobs that need them, until it returns; payloads run on', async () => {
    await writeFile(join(shared, 'ready'), 'yes\n');
    const { pool } = await begin([
      {
        ...web,
        ...sh('exec httpd -f -p 127.0.0.1:{{port.http}} -h /shared'),
        binds: [{ source: shared, target: '/shared' }],
        readiness: { ...web.readiness, http: { port: 'http', path: '/ready' } },
        required: true,
      },
    ]);
    await pool.hello();
    const job = pool.startOf(shell('sleep 1.5; echo done'));
    pool.send(job);
    await pool.next('started');
    await rm(join(shared, 'ready'));
    await expect.poll(() => slotOf(pool).evaluate('HasService_web')).toBe(false);
    expect(first(pool, 'Phase')).toBe('Unready');
    expect(first(pool, 'LastFailure')).toMatch(/answers 404/);
    await writeFile(join(shared, 'ready'), 'yes\n');
    await expect.poll(() => slotOf(pool).evaluate('HasService_web')).toBe(true);
    expect(first(pool, 'Restarts')).toBe(0);
    expect(pool.content((await pool.finished(job.claim)).stdout)).toBe('done\n');
    pool.send({ type: 'recorded', claim: job.claim });
  });

  it('that crash start again at the same port, and so do those that are no longer alive', async () => {
    const { pool } = await begin([
      {
        ...web,
        ...sh('test -e /srv/x; touch /srv/x /srv/alive; exec httpd -f -p 127.0.0.1:{{port.http}} -h /srv'),
        readiness: { tcp: { port: 'http' }, period: '100ms' },
        liveness: { http: { port: 'http', path: '/alive' }, period: '100ms', failureThreshold: 2 },
        required: true,
      },
    ]);
    await pool.hello();
    const { stdout } = await pool.run(shell('echo $WEB_URL'));
    const port = Number(/:(\d+)/.exec(pool.content(stdout))?.[1]);
    const [pid] = await processesOf(new RegExp(`^httpd -f -p 127.0.0.1:${port} `));
    process.kill(pid ?? 0, 'SIGSEGV');
    await expect.poll(() => first(pool, 'Restarts')).toBe(1);
    await expect.poll(() => first(pool, 'Phase')).toBe('Ready');
    expect(first(pool, 'LastFailure')).toMatch(/SIGSEGV/);
    expect(await accepts(port)).toBe(true);
    const [again] = await processesOf(new RegExp(`^httpd -f -p 127.0.0.1:${port} `));
    await rm(`/proc/${again}/root/srv/alive`);
    await expect.poll(() => first(pool, 'Restarts')).toBe(2);
    await expect
      .poll(() => first(pool, 'LastFailure'))
      .toMatch(/it is not alive: GET \/alive .* answers 404/);
    await expect.poll(() => first(pool, 'Phase')).toBe('Ready');
    expect(
      pool.content((await pool.run(shell('wget -qO /dev/null ${WEB_URL}alive && echo $WEB_URL'))).stdout),
    ).toContain(`:${port}/`);
  });

  it('see nothing of the pilot: not its environment, its files, its processes or its token', async () => {
    const { pool, pilot } = await begin(
      [
        {
          name: 'spy',
          ...sh(
            'env >/srv/env; ls -a / /srv /tmp >/srv/files; ls /proc | grep -c "^[0-9]" >/srv/processes; id -u; echo $HOME; pwd; echo seen; sleep 60',
          ),
          env: { MINE: "it's {{name}} {{instance}}" },
          cwd: '/tmp',
          readiness: { log: { pattern: '^se.n$' } },
          required: true,
        },
        {
          name: 'thief',
          ...sh('sleep 60'),
          binds: [{ source: tmpdir(), target: '/host' }],
          restart: { policy: 'Never' },
        },
      ],
      { environment: { ...process.env, SECRET_OF_PILOT: 'yes' } as Record<string, string> },
    );
    await pool.hello();
    const root = join(pilot.directory, 'services/spy.0');
    const env = await readFile(join(root, 'job/env'), 'utf8');
    expect(env).toContain("MINE='it'\"'\"'s spy 0'".replace(/'/g, '').slice(0, 4));
    expect(env).toContain("it's spy 0");
    expect(env).not.toMatch(/SECRET_OF_PILOT|TOKEN/);
    expect(await readFile(join(root, 'job/files'), 'utf8')).not.toMatch(/token|order/);
    expect(await readFile(join(root, 'log'), 'utf8')).toMatch(/^\d+\n\/srv\n\/tmp\nseen\n$/);
    expect(attribute(pool, 'HasService_thief')).toBe(false);
    expect(attribute(pool, 'GLIDEIN_Services[1].LastFailure')).toBe(
      `${tmpdir()} cannot be bound: it would show directories of the pilot itself`,
    );
  });

  it('end with the pilot, by their signal or after their grace, and die with it when it is killed', async () => {
    const services = (word: string) => [
      {
        name: 'polite',
        ...sh(`trap "echo bye >/shared/bye; exit 0" USR1; echo up; sleep 77${word} & wait`),
        binds: [{ source: shared, target: '/shared', readOnly: false }],
        stop: { signal: 'SIGUSR1' as const },
        readiness: { log: { pattern: 'up' } },
        required: true,
      },
      {
        name: 'stubborn',
        ...sh(`trap "" TERM; echo up; while :; do sleep 78${word}; done`),
        stop: { grace: '200ms' },
        readiness: { log: { pattern: 'up' } },
        required: true,
      },
    ];
    const one = await begin(services('1'));
    await one.pool.hello();
    one.pilot.child.kill('SIGTERM');
    expect(await one.pilot.exit).toEqual({ code: 0, signal: null });
    expect(await readFile(join(shared, 'bye'), 'utf8')).toBe('bye\n');
    expect([...(await processesOf(/771/)), ...(await processesOf(/781/))]).toEqual([]);
    const two = await begin(services('2'));
    await two.pool.hello();
    expect(await processesOf(/782/)).not.toEqual([]);
    two.pilot.child.kill('SIGKILL');
    await expect.poll(async () => [...(await processesOf(/772/)), ...(await processesOf(/782/))]).toEqual([]);
  });

  const bench = (more: object = {}) => ({
    name: 'bench',
    ...sh(
      'echo run >>/shared/runs; echo "score per core: 12.5"; echo "{\\"score\\": 50, \\"kind\\": \\"fast\\"}" >result.json',
    ),
    binds: [{ source: shared, target: '/shared', readOnly: false }],
    phase: 'BeforePayloads' as const,
    version: 'v1',
    cacheFor: '1d',
    results: [
      { attribute: 'Bench', file: 'result.json', unit: 'points' },
      { attribute: 'BenchKind', file: 'result.json', key: 'kind' },
      { attribute: 'BenchPerCore', pattern: 'score per core: (.*)' },
    ],
    ...more,
  });
  const runs = async () => (await readFile(join(shared, 'runs'), 'utf8')).split('\n').length - 1;

  it('that run before payloads say what they have found, and the next pilot on the node need not run them', async () => {
    const cacheDirectory = await mkdtemp(join(tmpdir(), 'glidein-cache-'));
    cleanups.push(() => rm(cacheDirectory, { recursive: true, force: true }));
    const one = await begin([bench()], { cacheDirectory });
    const { slot } = await one.pool.hello();
    expect(slot).toMatchObject({
      Bench: '50',
      Bench_Unit: '"points"',
      Bench_Version: '"v1"',
      Bench_Cached: 'false',
      BenchKind: '"fast"',
      BenchPerCore: '12.5',
      HasService_bench: 'true',
      Cpus: '4',
      Memory: '1024',
    });
    expect(Math.abs(Number(slot.Bench_At) - Date.now() / 1000)).toBeLessThan(60);
    const two = await begin([bench()], { cacheDirectory });
    expect((await two.pool.hello()).slot).toMatchObject({
      Bench: '50',
      Bench_Cached: 'true',
      Bench_At: slot.Bench_At,
    });
    expect(await runs()).toBe(1);
    const other = await begin([bench({ version: 'v2' })], { cacheDirectory });
    expect((await other.pool.hello()).slot).toMatchObject({ Bench_Version: '"v2"', Bench_Cached: 'false' });
    expect(await runs()).toBe(2);
  });

  it('that run again and again say what they found last', async () => {
    const { pool } = await begin([
      {
        ...bench({
          cacheFor: undefined,
          phase: 'Periodic',
          period: '100ms',
          results: [{ attribute: 'Runs', pattern: '^runs (.*)' }],
        }),
        ...sh('echo run >>/shared/runs; echo runs `grep -c run /shared/runs`'),
      },
    ]);
    await pool.hello();
    await expect.poll(() => Number(attribute(pool, 'Runs'))).toBeGreaterThan(2);
    expect(attribute(pool, 'HasService_bench')).toBe(true);
  });

  it('start behind those that they depend on, and fail with them', async () => {
    const mark = (name: string) => `echo ${name} >>/shared/order`;
    const own = { binds: [{ source: shared, target: '/shared', readOnly: false }] };
    const never = { restart: { policy: 'Never' as const } };
    const { pool } = await begin([
      { name: 'first', ...own, ...sh(`sleep 0.3; ${mark('first')}`), phase: 'BeforePayloads' },
      { name: 'second', ...own, ...sh(`${mark('second')}; sleep 60`), dependsOn: ['first'], required: true },
      { name: 'broken', ...sh('echo no licence; exit 3'), ...never },
      { name: 'third', ...own, ...sh(mark('third')), dependsOn: ['second', 'broken'] },
    ]);
    await pool.hello();
    await expect.poll(() => attribute(pool, 'GLIDEIN_Services[3].Phase')).toBe('Failed');
    expect(attribute(pool, 'GLIDEIN_Services[2].LastFailure')).toBe('it ended with exit code 3: no licence');
    expect(attribute(pool, 'GLIDEIN_Services[3].LastFailure')).toBe('it depends on broken, which is over');
    await expect.poll(() => readFile(join(shared, 'order'), 'utf8')).toBe('first\nsecond\n');
    expect(['first', 'second', 'third'].map((name) => attribute(pool, `HasService_${name}`))).toEqual([
      true,
      true,
      false,
    ]);
  });

  it.each([
    [
      'fails',
      { ...sh('echo wrong key; exit 2'), readiness: { log: { pattern: 'up' } } },
      'it ended with exit code 2: wrong key',
    ],
    [
      'ends at once, and nothing asks whether it is ready',
      sh('echo no such licence; exit 3'),
      'it ended with exit code 3: no such licence',
    ],
    [
      'takes too long to be ready',
      {
        ...sh('sleep 60'),
        startLimit: '300ms',
        readiness: { exec: { command: ['false'] }, period: '100ms' },
      },
      'it was not ready after 300ms',
    ],
    [
      'runs for too long',
      { ...sh('sleep 60'), phase: 'BeforePayloads' as const, timeLimit: '300ms' },
      'it ran for more than 300ms',
    ],
    [
      'leaves no result',
      { ...sh('true'), phase: 'BeforePayloads' as const, results: [{ attribute: 'S', file: 'r.json' }] },
      'it left no result: its file r.json',
    ],
    ['has no image', { image: 'nothing' }, 'there is no image "nothing" on this pilot'],
    [
      'takes more memory than it has',
      {
        ...sh('head -c 100000000 /dev/zero | tail -c 90000000 | sleep 60'),
        startLimit: '20s',
        readiness: { exec: { command: ['false'] } },
        resources: { memory: '32Mi' },
      },
      /of memory, and has 32MiB: write a larger resources.memory/,
    ],
  ])(
    'that are required keep the pilot from registering, with the reason, if one of them %s',
    async (_what, more, reason) => {
      const { pilot, pool } = await begin([
        {
          name: 'needed',
          required: true,
          restart: { max: 1, backoff: '10ms' },
          ...more,
        } as NonNullable<Services>[number],
      ]);
      expect((await pilot.exit).code).toBe(9);
      const line = pilot.log.split('\n').find((each) => each.includes('pilot cannot run')) ?? '';
      expect(JSON.parse(line).problem).toMatch(/^the service needed is over: /);
      expect(JSON.parse(line).problem).toMatch(
        typeof reason === 'string' ? new RegExp(reason.replace(/[.?]/g, '\\$&')) : reason,
      );
      expect(pool.heard).toEqual([]);
    },
  );

  it('are kept to their cores, and end if they take more processes than the group allows; none of it harms the others', async () => {
    const look = 'echo `nproc` `umask`';
    const { pool, pilot } = await begin(
      [
        { name: 'measure', ...sh(look), phase: 'BeforePayloads' },
        { name: 'one', ...sh(`${look}; exec sleep 600`), resources: { cpus: 1 }, required: true },
        {
          name: 'bomb',
          ...sh('i=0; while [ $i -lt 300 ]; do sleep 600 & i=$((i+1)); done; wait'),
          restart: { policy: 'Never' },
        },
      ],
      { spec: { runtime: { images: { path: [testRuntime.images] }, limits: { processes: 200 } } } },
    );
    await pool.hello();
    const printed = async (name: string) =>
      await readFile(join(pilot.directory, 'services', `${name}.0`, 'log'), 'utf8');
    expect(await printed('measure')).toBe(`${availableParallelism()} 0022\n`);
    expect(await printed('one')).toBe('1 0022\n');
    await expect.poll(() => attribute(pool, 'GLIDEIN_Services[2].Phase')).toBe('Failed');
    expect(attribute(pool, 'GLIDEIN_Services[2].LastFailure')).toMatch(
      /^it had \d+ processes and threads or more, and its group allows 200/,
    );
    expect(attribute(pool, 'GLIDEIN_Services[1].Phase')).toBe('Ready');
    expect((await pool.run(shell('exit 5'))).outcome).toEqual({ kind: 'exited', exitCode: 5 });
  });

  it('that are required and fail for good later make the pilot accept no more jobs', async () => {
    const { pool } = await begin([{ ...web, restart: { policy: 'Never' }, required: true }]);
    await pool.hello();
    const job = pool.startOf(shell('sleep 0.5; echo done'));
    pool.send(job);
    await pool.next('started');
    const [pid] = await processesOf(/^httpd -f -p 127/);
    process.kill(pid ?? 0, 'SIGKILL');
    expect((await pool.next('draining')).reason).toMatch(/^the service web is over: it ended with SIGKILL/);
    expect((await pool.finished(job.claim)).outcome).toEqual({ kind: 'exited', exitCode: 0 });
    pool.send({ type: 'recorded', claim: job.claim });
    await pool.next('leaving');
  });
});
