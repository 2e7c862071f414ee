import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { GlideinError } from '#base/error.ts';
import type { PoolClient } from '#client/pool-client.ts';
import { GlideinLine } from '#testing/glidein-line.ts';
import { unknownAttributes } from './unknown-attributes.ts';

vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 });

let line: GlideinLine;

async function submit(more = ''): Promise<void> {
  const text = `executable = /bin/sh\ntransfer_executable = false\ncontainer_image = x\nrequest_cpus = 64\n${more}\nqueue\n`;
  const { code, err } = await line.run(['submit', await line.file('job.sub', text)]);
  if (code !== 0) throw new Error(err);
}

describe('a constraint that selects nothing', () => {
  beforeEach(async () => {
    line = await GlideinLine.start();
  });
  afterEach(() => line.stop());

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
      'RequestCpu is undefined for every job; did you mean "RequestCpus"?\nSample is undefined for every job\n',
    );
  });

  it('says nothing of attributes that some job has, of those of its slot, and where there is no job', async () => {
    const words = ['q', '--constraint', 'Kind == "mc" && TARGET.Memory > 1'];
    expect((await line.run(words)).err).toBe('');
    await submit('+Kind = "data"');
    await submit();
    expect((await line.run(words)).err).toBe('');
  });

  it.each(['Detector.Kind == "pixel"', 'CurrentTime < 5', 'isUndefined(MY)'])(
    'says nothing of what is no attribute of a job in %s',
    async (constraint) => {
      await submit('+Detector = [Kind = "strip"]');
      expect(await line.run(['q', '--constraint', constraint])).toMatchObject({ code: 0, err: '' });
    },
  );

  it('is looked at among jobs that have ended by history', async () => {
    await submit();
    await line.run(['rm', '1']);
    await expect.poll(async () => (await line.run(['history'])).out).toContain('1.0');
    const { err } = await line.run(['history', '--constraint', 'ExitCod == 1']);
    expect(err).toContain('ExitCod is undefined for every job');
  });

  it('is refused by history beside a job, of which all tries are listed', async () => {
    expect(await line.run(['history', '1.0', '--constraint', 'true'])).toMatchObject({
      code: 2,
      err: expect.stringContaining('leave out either 1.0 or --constraint'),
    });
  });

  it('does not take an attribute for another in whose name it is, or for a reserved word', async () => {
    await submit();
    const constraint = "JOBSTATUS == 7 && Status == 1 && 'error' == 1";
    const { err } = await line.run(['q', '--constraint', constraint]);
    expect(err).toBe('Status is undefined for every job\nerror is undefined for every job\n');
  });

  it('names an attribute with odd letters', async () => {
    await submit();
    const { err } = await line.run(['q', '--constraint', `'it\\'s odd' == 1`]);
    expect(err).toContain("it's odd is undefined for every job\n");
  });
});

describe('a look at all jobs', () => {
  const { signal } = new AbortController();
  const job = { id: '1.0', ad: { ClusterId: '1' }, attempts: [], outputs: [] };
  const poolThat = (answers: (constraint: unknown) => unknown) => {
    const asked: unknown[] = [];
    const json = async (_path: string, _schema: unknown, { query }: { query: Record<string, unknown> }) => {
      asked.push(query.after ?? query.constraint);
      return answers(query.after ?? query.constraint);
    };
    return { asked, client: { json } as unknown as PoolClient };
  };

  it('goes on after an empty page, with which a pool ends that has looked for long', async () => {
    const { client, asked } = poolThat((question) =>
      question === undefined || question === '5.0'
        ? { jobs: [job], total: 1 }
        : { jobs: [], total: 0, next: '5.0' },
    );
    expect(await unknownAttributes(client, '/v1/jobs', 'Sample == 3', signal)).toEqual([]);
    expect(asked).toEqual([undefined, 'MY.Sample isnt undefined', '5.0']);
  });

  it('costs whoever may not list jobs nothing but its answer', async () => {
    const { client } = poolThat(() => {
      throw new GlideinError('Forbidden', 'the scope compute.read is missing');
    });
    expect(await unknownAttributes(client, '/v1/jobs', 'Sample == 3', signal)).toEqual([]);
  });
});
