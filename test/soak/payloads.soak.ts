import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PilotProcess, testRuntime } from '#testing/pilot-process.ts';
import { PoolPeer, type TestJob } from '#testing/pool-peer.ts';
import { rememberTier } from '#testing/remember-tier.ts';

/**
 * Payloads in real containers of both tiers that end in every possible way, print `--gigabytes=N` (10), and fork as fast as they
 * can, up to 8,191 processes. Each tier takes a few minutes; `--tier=A` or `--tier=B` tries one of them.
 * `test/integration/pilot-hostile.test.ts` is a short form.
 */
const said = (option: string) =>
  process.argv.find((each) => each.startsWith(`--${option}=`))?.slice(option.length + 3);
const gigabytes = Number(said('gigabytes') ?? 10);
const bytes = gigabytes * 1e9;

const shell = (script: string, resources: TestJob['resources'] = {}): TestJob => ({
  ad: {
    Cmd: '"/bin/sh"',
    Arguments: JSON.stringify(`-c '${script.replaceAll("'", "''")}'`),
    TransferExecutable: 'false',
    ContainerImage: '"hello"',
  },
  resources,
});

/** Numbers of the signals that end a process. */
const signals = Array.from({ length: 64 }, (_, index) => index + 1).filter(
  (signal) => ![17, 18, 19, 20, 21, 22, 23, 28].includes(signal),
);
const codes = Array.from({ length: 256 }, (_, code) => code);

const wrong: string[] = [];
const check = (what: string, isRight: boolean) => {
  if (!isRight) wrong.push(what);
};

async function attack(tier: 'A' | 'B'): Promise<object> {
  const cacheDirectory = await mkdtemp(join(tmpdir(), 'glidein-payloads-'));
  await rememberTier(cacheDirectory, tier);
  const pool = await PoolPeer.listen();
  const pilot = await PilotProcess.start({
    url: pool.url,
    cacheDirectory,
    // It ends, with its payloads, if this run is ended.
    arguments: ['--exit-with-parent'],
    spec: {
      cpus: 4,
      memory: '8Gi',
      disk: `${gigabytes + 4}Gi`,
      runtime: { images: { path: [testRuntime.images] }, limits: { processes: 2000 } },
    },
  });
  const seconds: Record<string, number> = {};
  const timed = async <T>(what: string, work: Promise<T>): Promise<T> => {
    const began = performance.now();
    const result = await work;
    seconds[what] = Math.round((performance.now() - began) / 100) / 10;
    return result;
  };
  try {
    await pool.hello();
    for (const code of codes) {
      const { outcome } = await pool.run(shell(`exit ${code}`));
      check(`tier ${tier}: exit ${code}`, outcome.kind === 'exited' && outcome.exitCode === code);
    }
    // Not the shell itself, because that of the image does not die of SIGQUIT.
    for (const signal of signals) {
      const { outcome } = await pool.run(shell(`(sleep 0.05; kill -${signal} $$) & exec sleep 60`));
      check(`tier ${tier}: signal ${signal}`, outcome.kind === 'signalled');
    }
    const disk = { memory: 512, disk: Math.ceil(bytes / 1024) + 2 ** 20 };
    const patience = 600_000;
    const line = '0123456789abcdef';
    const much = shell(`yes ${line} | head -c ${bytes}; echo; echo LAST`, disk);
    const printed = await timed('printed', pool.run(much, patience));
    check(`tier ${tier}: ${gigabytes} GB printed`, printed.stdout?.printed === bytes + 6);
    check(`tier ${tier}: the end of what was printed`, pool.content(printed.stdout).endsWith('\nLAST\n'));
    const holes = await timed(
      'holes',
      pool.run(shell(`truncate -s ${bytes} /proc/self/fd/1`, disk), patience),
    );
    check(`tier ${tier}: holes printed`, holes.stdout?.printed === bytes);
    const bomb = 'b() { [ $1 -gt 0 ] || exec sleep 60; b $(($1-1)) & b $(($1-1)) & wait; }; b 12';
    const { outcome } = await timed('forks', pool.run(shell(bomb, { memory: 4096 }), patience));
    check(`tier ${tier}: forks: ${JSON.stringify(outcome)}`, outcome.kind === 'exceeded');
    check(`tier ${tier}: the pilot lives`, pilot.child.exitCode === null);
    return { tier, seconds, forks: outcome };
  } finally {
    await pilot.destroy();
    await pool.close();
    await rm(cacheDirectory, { recursive: true, force: true });
  }
}

for (const tier of (['A', 'B'] as const).filter((each) => each === (said('tier') ?? each)))
  process.stdout.write(`${JSON.stringify(await attack(tier), undefined, 2)}\n`);
for (const each of wrong) process.stdout.write(`wrong: ${each}\n`);
process.exitCode = wrong.length === 0 ? 0 : 1;
