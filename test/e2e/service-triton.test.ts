import { cp, readdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { eventually } from '#testing/eventually.ts';
import { GlideinUp } from '#testing/glidein-up.ts';
import { missingRuntime } from '#testing/pilot-process.ts';

const missing = process.env.GLIDEIN_TEST_NO_TRITON ?? (await missingRuntime());
const example = resolve(import.meta.dirname, '../../examples/triton');

/** The manifests of the example, with the path that its reader writes into them. */
async function manifests(): Promise<Record<string, string>> {
  const names = (await readdir(example)).filter((name) => name.endsWith('.yaml'));
  const texts = await Promise.all(
    names.map(async (name) => [name, await readFile(join(example, name), 'utf8')] as const),
  );
  return Object.fromEntries(
    texts.map(([name, text]) => [name, text.replace('/opt/glidein/models', join(example, 'models'))]),
  );
}

/** The server's own process among those of a pilot. */
async function serverPid(isOwn: (pid: number) => Promise<boolean>): Promise<number> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  for (const pid of pids) {
    const line = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    if (line.startsWith('/opt/pytriton/tritonserver/bin/tritonserver\0') && (await isOwn(pid))) return pid;
  }
  throw new Error('there is no server');
}

describe.skipIf(missing !== undefined)(
  `the example of Triton, with the real server${missing ? ` (${missing})` : ''}`,
  () => {
    let up: GlideinUp | undefined;
    afterEach(async () => {
      await up?.stop();
      up = undefined;
    });

    it('answers eight jobs of one pilot; jobs that need it wait while it does not answer; after a crash it starts again', async () => {
      const site = await GlideinUp.start(await manifests());
      up = site;
      const told = async (attributes: readonly string[]) =>
        (
          await site.glidein(['status', '--constraint', 'PartitionableSlot', '--af', ...attributes])
        ).out.trim();
      const isUsable = (usable: boolean) =>
        eventually(async () => expect(await told(['HasService_triton'])).toBe(String(usable)), 60_000);
      const folder = join(site.directory, 'triton');
      await cp(example, folder, { recursive: true });
      const submit = async () => {
        const { code, out, err } = await site.glidein(['submit', join(folder, 'infer.sub')]);
        expect(code, err).toBe(0);
        return Number(/cluster (\d+)/.exec(out)?.[1]);
      };
      const statuses = async (cluster: number) => (await site.jobs(cluster)).map(({ ad }) => ad.JobStatus);
      const completed = (cluster: number) =>
        eventually(async () => expect(await statuses(cluster)).toEqual(Array(8).fill('4')), 90_000);

      // It needs no server, and the pilot stays for it.
      const other = await site.submit(
        'executable = /bin/sh\narguments = "-c \'sleep 600\'"\ncontainer_image = hello\nrequest_memory = 64 MB\nrequest_disk = 50 MB\nqueue',
      );
      const first = await submit();
      await completed(first);
      const hosts = (await site.jobs(first)).map(({ ad }) => ad.LastRemoteHost?.replace(/^"[^@]*@|"$/g, ''));
      expect(new Set(hosts).size).toBe(1);
      // Results come back a moment after the jobs have completed.
      await eventually(async () => {
        const names = Array.from({ length: 8 }, (_, number) => join(folder, `infer.${number}.out`));
        const answers = await Promise.all(names.map((name) => readFile(name, 'utf8')));
        expect(answers.map((answer) => JSON.parse(answer).outputs[0].data)).toEqual(
          answers.map((_, number) => [2 * number]),
        );
      });
      expect(await told(['TotalSlotCpus', 'TotalSlotMemory'])).toBe('8 3584');

      const isOwn = async (pid: number) =>
        (await readFile(`/proc/${pid}/mountinfo`, 'utf8')).includes(site.directory);
      const server = await serverPid(isOwn);
      process.kill(server, 'SIGSTOP');
      await isUsable(false);
      const second = await submit();
      const { out } = await site.glidein(['why', `${second}.0`]);
      expect(out).toContain('HasService_triton');
      expect(await statuses(second)).toEqual(Array(8).fill('1'));
      process.kill(server, 'SIGCONT');
      await completed(second);

      process.kill(await serverPid(isOwn), 'SIGKILL');
      await isUsable(false);
      await isUsable(true);
      const { out: services } = await site.glidein(['status', '--services', '-o', 'json']);
      expect(JSON.parse(services)).toMatchObject([
        { service: 'triton', phase: 'Ready', restarts: 1, lastFailure: expect.stringContaining('SIGKILL') },
      ]);
      expect((await site.jobs(other)).map(({ ad, attempts }) => [ad.JobStatus, attempts.length])).toEqual([
        ['2', 1],
      ]);
    });
  },
);
