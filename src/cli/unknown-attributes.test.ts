import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { GlideinLine } from '#testing/glidein-line.ts';

vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 });

let line: GlideinLine;
beforeEach(async () => {
  line = await GlideinLine.start();
});
afterEach(() => line.stop());

async function submit(more = ''): Promise<void> {
  const text = `executable = /bin/sh\ntransfer_executable = false\ncontainer_image = x\nrequest_cpus = 64\n${more}\nqueue\n`;
  const { code, err } = await line.run(['submit', await line.file('job.sub', text)]);
  if (code !== 0) throw new Error(err);
}

describe('a constraint that selects nothing', () => {
  it.each([
    [['q'], 0],
    [['rm'], 4],
    [['hold'], 4],
    [['release'], 4],
    [['prio', '-p', '1'], 4],
  ])('by an attribute that no job has is not taken for an answer by %j', async (words, code) => {
    await submit();
    const said = await line.run([...words, '--constraint', 'RequestCpu > 1 && MY.Sample == 3']);
    expect(said.code).toBe(code);
    expect(said.err).toContain(
      'no job has the attribute RequestCpu; did you mean "RequestCpus"?\nno job has the attribute Sample\n',
    );
  });

  it('says nothing of attributes that some job has, of those of its slot, and where there is no job', async () => {
    const words = ['q', '--constraint', 'Kind == "mc" && TARGET.Memory > 1'];
    expect((await line.run(words)).err).toBe('');
    await submit('+Kind = "data"');
    await submit();
    expect((await line.run(words)).err).toBe('');
  });

  it('is looked at among jobs that have ended by history', async () => {
    await submit();
    await line.run(['rm', '1']);
    await expect.poll(async () => (await line.run(['history'])).out).toContain('1.0');
    const { err } = await line.run(['history', '--constraint', 'ExitCod == 1']);
    expect(err).toContain('no job has the attribute ExitCod');
  });

  it('is refused by history beside a job, of which all tries are listed', async () => {
    expect(await line.run(['history', '1.0', '--constraint', 'true'])).toMatchObject({
      code: 2,
      err: expect.stringContaining('leave out either 1.0 or --constraint'),
    });
  });

  it('names an attribute with odd letters', async () => {
    await submit();
    const { err } = await line.run(['q', '--constraint', `'it\\'s odd' == 1`]);
    expect(err).toContain("no job has the attribute it's odd\n");
  });
});
