import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { missingRuntime, PilotProcess } from '#testing/pilot-process.ts';
import { PoolPeer } from '#testing/pool-peer.ts';
import { testPlugIns } from '#testing/transfer-plug-in.ts';

const missing = await missingRuntime();

describe.skipIf(missing !== undefined)(`files by URL${missing ? ` (${missing})` : ''}`, () => {
  let root: string;
  let pool: PoolPeer;
  let pilot: PilotProcess;

  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'glidein-transfers-'));
    const programs = await testPlugIns(join(root, 'programs'));
    for (const name of ['data', 'results']) await mkdir(join(root, name));
    await writeFile(join(root, 'data/mounted'), 'from a mount');
    await writeFile(join(root, 'programs/store/stored'), 'from a store');
    pool = await PoolPeer.listen();
    const plugIns = [
      { path: programs.program, schemes: ['test', 'osdf'] },
      { path: join(root, 'none'), schemes: ['pelican'] },
    ];
    const directories = [{ path: join(root, 'data') }, { path: join(root, 'results'), readOnly: false }];
    pilot = await PilotProcess.start({ url: pool.url, spec: { transfer: { plugIns, directories } } });
    await pool.hello();
  });
  afterAll(async () => {
    await pilot.destroy();
    await pool.close();
    await rm(root, { recursive: true, force: true });
  });

  const job = (script: string, more: Record<string, string>) => ({
    Cmd: '"/bin/sh"',
    Arguments: JSON.stringify(`-c '${script}'`),
    TransferExecutable: 'false',
    ContainerImage: '"hello"',
    ...Object.fromEntries(Object.entries(more).map(([name, value]) => [name, JSON.stringify(value)])),
  });

  it('are offered with the schemes of plug-ins that work, and the others are named', async () => {
    const { slot, lacks } = await pool.hello();
    expect(slot['HasFileTransferPluginMethods']).toBe('"http,https,file,test"');
    expect(lacks).toContainEqual({
      what: 'transfer plug-in',
      evidence: `${root}/programs/test_plugin: it supports test, other, and not osdf`,
    });
    expect(lacks).toContainEqual({
      what: 'transfer plug-in',
      evidence: expect.stringContaining(`${root}/none: it ended with 127`),
    });
  });

  it('come before a job and go after it, by plug-ins that payloads see nothing of, and by mounts', async () => {
    const finished = await pool.run({
      ad: job(
        'cat stored mounted x509 > out; echo kept > pool.txt; ls -A > list; rm x509; ln -s /etc/passwd x509',
        {
          x509userproxy: '/home/me/x509',
          TransferInput: `x509,test://store/stored,file://${root}/data/mounted`,
          TransferOutput: 'out,list,pool.txt',
          TransferOutputRemaps: `list=file://${root}/results/1/list;pool.txt=other.txt`,
          OutputDestination: 'test://store',
        },
      ),
      inputs: [pool.file('x509', ' and the proxy')],
    });
    expect(finished.outcome).toEqual({ kind: 'exited', exitCode: 0 });
    expect(finished.outputs).toEqual([]);
    expect(await readFile(join(root, 'programs/store/out'), 'utf8')).toBe(
      'from a storefrom a mount and the proxy',
    );
    expect(await readFile(join(root, 'programs/store/pool.txt'), 'utf8')).toBe('kept\n');
    expect((await readFile(join(root, 'results/1/list'), 'utf8')).split('\n').filter(Boolean).sort()).toEqual(
      expect.arrayContaining(['.job.ad', 'mounted', 'stored', 'x509']),
    );
    // Told twice: before the job, and after it, when the payload has put something else in the place of its proxy.
    const told = await readFile(join(root, 'programs/told'), 'utf8');
    expect(told.match(/^OutputDestination = "test:\/\/store"$/gm)).toHaveLength(2);
    expect(told.match(/ and the proxy/g)).toHaveLength(2);
    expect(told).not.toContain('root:');
  });

  it.each([
    ['TransferInput', 'test://store/none', { kind: 'startFailed', blame: 'job', holdCode: 13 }],
    ['OutputDestination', 'test://large', { kind: 'outputFailed', holdCode: 12, exit: { exitCode: 0 } }],
    ['OutputDestination', `file:///etc`, { kind: 'outputFailed', holdCode: 12, exit: { exitCode: 0 } }],
    ['TransferInput', 'osdf:///a', { kind: 'startFailed', blame: 'job', holdCode: 13 }],
    ['TransferInput', 'test://broken/a', { kind: 'startFailed', blame: 'job', holdCode: 13 }],
  ])('are missed by a job with %s = %s, and who is to blame depends on why', async (name, url, outcome) => {
    const script = name === 'TransferInput' ? 'exit 0' : 'echo > out';
    expect((await pool.run({ ad: job(script, { [name]: url }) })).outcome).toMatchObject(outcome);
  });
});
