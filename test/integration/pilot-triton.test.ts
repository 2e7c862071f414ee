import { readdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { missingRuntime, PilotProcess } from '#testing/pilot-process.ts';
import { PoolPeer } from '#testing/pool-peer.ts';
import { adFromTexts } from '#wire/ad-texts.ts';

const missing = process.env.GLIDEIN_TEST_NO_TRITON ?? (await missingRuntime());
const example = resolve(import.meta.dirname, '../../examples/triton');

/** The server's own process. */
async function serverPid(): Promise<number> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const lines = await Promise.all(
    pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')),
  );
  return Number(
    pids.find((_, index) => lines[index]?.startsWith('/opt/pytriton/tritonserver/bin/tritonserver\0')),
  );
}

describe.skipIf(missing !== undefined)(
  `the real Triton server, as the example has it${missing ? ` (${missing})` : ''}`,
  () => {
    it('answers eight payloads of one pilot, is given up while it does not answer, and starts again after a crash', async () => {
      const group = (await readFile(join(example, 'group.yaml'), 'utf8')).replace(
        '/opt/glidein/models',
        join(example, 'models'),
      );
      const { services } = parse(group).spec.pilot;
      const pool = await PoolPeer.listen();
      const pilot = await PilotProcess.start({
        url: pool.url,
        spec: { cpus: 9, memory: '4Gi', disk: '4Gi', services },
      });
      const slot = () => {
        const said = pool.heard.flatMap(({ message }) =>
          message.type === 'hello' || message.type === 'slot' ? [message.slot] : [],
        );
        return adFromTexts(said.at(-1) ?? {});
      };
      const isUsable = async (usable: boolean) =>
        await expect.poll(() => slot().evaluate('HasService_triton'), { timeout: 60_000 }).toBe(usable);
      try {
        await pool.hello();
        await isUsable(true);
        expect([slot().evaluate('Cpus'), slot().evaluate('Memory')]).toEqual([8, 3584]);
        const script = pool.file('infer.sh', await readFile(join(example, 'infer.sh')), true);
        const ad = { Cmd: '"infer.sh"', ContainerImage: '"hello"' };
        const runs = Array.from({ length: 8 }, (_, number) =>
          pool.run({ ad: { ...ad, Arguments: `"${number}"` }, inputs: [script] }, 60_000),
        );
        const answers = (await Promise.all(runs)).map(({ stdout }) => JSON.parse(pool.content(stdout)));
        expect(answers.map(({ outputs }) => outputs[0].data)).toEqual(runs.map((_, number) => [2 * number]));
        process.kill(await serverPid(), 'SIGSTOP');
        await isUsable(false);
        process.kill(await serverPid(), 'SIGCONT');
        await isUsable(true);
        process.kill(await serverPid(), 'SIGKILL');
        await isUsable(false);
        await isUsable(true);
        expect(slot().toTexts().GLIDEIN_Services).toMatch(/Restarts = 1/);
      } finally {
        await pilot.destroy();
        await pool.close();
      }
    });
  },
);
