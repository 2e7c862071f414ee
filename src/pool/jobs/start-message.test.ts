import { describe, expect, it } from 'vitest';
import { StartPrinter, startMessage } from './start-message.ts';

const claim = { generation: 'g', id: '7.3.1', epoch: 1 };
const resources = { cpus: 1, memory: 128, disk: 1024, gpus: 0 };
const input = { name: 'in', digest: `sha256:${'0'.repeat(64)}`, size: 3, executable: false };
const ad = { Cmd: '"/bin/true"', Args: '"shared"', OWNER: '"mallory"', note: '"é\\n"' };
const cluster = { id: 7, owner: 'al "ice"', queuedAt: 1_700_000_000_999, ad };

describe('the printed start message', () => {
  it.each([
    ['nothing of its own', {}],
    ['arguments of its own', { Args: '"own"' }],
    ['an attribute that the cluster spells differently', { NOTE: '"own"', ARGS: '"own"' }],
    ['two spellings of one attribute', { extra: '1', Extra: '2' }],
    ['a number and an owner that only the pool may set', { ProcId: '99', owner: '"mallory"' }],
  ])('reads as the message itself for a job with %s', (_what, attributes) => {
    const printer = new StartPrinter();
    for (const proc of [3, 4]) {
      const job = { cluster, proc, attributes, inputs: [input] };
      expect(JSON.parse(printer.print(job, claim, resources))).toEqual(startMessage(job, claim, resources));
    }
  });

  it('has what an earlier execution has saved', () => {
    const checkpoint = { number: 2, files: [input], folders: ['d'] };
    const job = { cluster, proc: 3, attributes: {}, inputs: [], checkpoint };
    const printed = JSON.parse(new StartPrinter().print(job, claim, resources));
    expect(printed).toEqual(startMessage(job, claim, resources));
    expect(printed.checkpoint).toEqual(checkpoint);
  });

  it('names the span of the execution, if there is one', () => {
    const job = { cluster, proc: 3, attributes: {}, inputs: [] };
    const trace = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const printed = JSON.parse(new StartPrinter().print(job, claim, resources, trace));
    expect(printed).toEqual(startMessage(job, claim, resources, trace));
    expect(printed.trace).toBe(trace);
  });

  it('has the last of two spellings, and what comes from the pool', () => {
    const job = { cluster, proc: 3, attributes: { extra: '1', Extra: '2', owner: '"mallory"' }, inputs: [] };
    const { ad: sent } = startMessage(job, claim, resources);
    expect(sent).toMatchObject({ Extra: '2', Owner: '"al \\"ice\\""', QDate: '1700000000', ProcId: '3' });
    expect(Object.keys(sent).filter((name) => /^(extra|owner)$/i.test(name))).toEqual(['Owner', 'Extra']);
  });

  it('is not the text of another cluster, or of jobs with other attributes of their own', () => {
    const printer = new StartPrinter();
    const print = (id: number, attributes: Record<string, string>) =>
      JSON.parse(
        printer.print({ cluster: { ...cluster, id }, proc: 0, attributes, inputs: [] }, claim, resources),
      );
    expect(print(7, {}).ad).toMatchObject({ ClusterId: '7', Args: '"shared"' });
    expect(print(8, {}).ad).toMatchObject({ ClusterId: '8', Args: '"shared"' });
    expect(print(7, { Cmd: '"own"' }).ad).toMatchObject({ ClusterId: '7', Cmd: '"own"' });
  });
});
