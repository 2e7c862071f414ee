import { describe, expect, it } from 'vitest';
import { mostInPart, packProcs } from './packed-procs.ts';
import { ProcReader } from './proc-reader.ts';

const file = { name: 'a b', digest: `sha256:${'0'.repeat(64)}`, size: 3, executable: false };

describe('packed procs', () => {
  it('reads each proc of a list as it was packed', () => {
    const procs = Array.from({ length: 2 * mostInPart + 1 }, (_, proc) => ({
      attributes: proc % 3 === 0 ? {} : { Args: `"line\\n${proc} é $(ClusterId)"` },
      inputs: proc % 5 === 0 ? [file] : [],
    }));
    const packed = packProcs(procs);
    const reader = new ProcReader(packed.parts, 7);
    expect(packed.parts.map(({ first, count }) => [first, count])).toEqual([
      [0, mostInPart],
      [mostInPart, mostInPart],
      [2 * mostInPart, 1],
    ]);
    for (const proc of [0, 1, 5, mostInPart - 1, mostInPart, 2 * mostInPart]) {
      const { attributes, inputs } = procs[proc] as (typeof procs)[number];
      const own = Object.fromEntries(
        Object.entries(attributes).map(([name, text]) => [name, text.replace('$(ClusterId)', '7')]),
      );
      expect(reader.read(proc), `proc ${proc}`).toEqual({ attributes: own, inputs });
    }
    expect(reader.names).toEqual(new Set(['args']));
  });

  it('fills the number of the proc into each text and file name of a series', () => {
    const one = {
      attributes: { Out: '"o.$(ProcId).$(ClusterId)"', N: '$(ProcId) + $(ProcId)' },
      inputs: [{ ...file, name: 'in.$(ProcId)' }],
    };
    const data = Buffer.from(JSON.stringify(one));
    const count = 100_000_000;
    const reader = new ProcReader([{ kind: 'series', first: 0, count, data, names: ['out', 'n'] }], 12);
    expect(reader.read(99_999_999)).toEqual({
      attributes: { Out: '"o.99999999.12"', N: '99999999 + 99999999' },
      inputs: [{ ...file, name: 'in.99999999' }],
    });
    expect(reader.read(0).attributes['N']).toBe('0 + 0');
  });

  it('refuses a proc that the submission does not have', () => {
    const reader = new ProcReader(packProcs([{ attributes: { A: '1' }, inputs: [] }]).parts, 1);
    expect(() => reader.read(1)).toThrow('proc 1');
  });
});
