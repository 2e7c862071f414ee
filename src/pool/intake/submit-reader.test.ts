import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { submitOf } from '#testing/ads.ts';
import { lastOfEachName } from '#wire/inputs.ts';
import { maxProcs, type SubmitRequest, submitRequest } from '#wire/jobs.ts';
import { ProcReader } from '../jobs/proc-reader.ts';
import type { CheckedSubmit } from './checked-submit.ts';
import { filesIn } from './needed-files.ts';
import { withoutOwned } from './normal-form.ts';
import { SubmitReader } from './submit-reader.ts';

const digest = `sha256:${'0a'.repeat(32)}`;
const file = { name: 'a/b', digest, size: 3, executable: false };

/** Reads a body that arrives in pieces of these sizes, and the rest in one. */
function read(body: string | Uint8Array, sizes: readonly number[] = []): CheckedSubmit {
  const bytes = Buffer.from(body);
  const reader = new SubmitReader('alice');
  let at = 0;
  for (const size of [...sizes, bytes.length]) {
    reader.push(bytes.subarray(at, at + size));
    at += size;
  }
  return reader.end();
}

const readProcs = (procs: unknown): CheckedSubmit => read(JSON.stringify({ ...submitOf(), procs }));

function unpacked({ procs }: CheckedSubmit): SubmitRequest['procs'] {
  if (procs.parts.length === 0)
    return Array.from({ length: procs.count }, () => ({ attributes: {}, inputs: [] }));
  const reader = new ProcReader(procs.parts, 7);
  return Array.from(
    { length: procs.count },
    (_, proc) => reader.read(proc) as SubmitRequest['procs'][number],
  );
}

describe('the reader of a submit', () => {
  const text = fc.oneof(
    fc.integer().map(String),
    fc.string({ unit: 'binary' }).map((inner) => JSON.stringify(inner.replaceAll(/[\\\0$]/g, ''))),
    fc.constantFrom('true', 'Cpus > 3', '"a \\"b\\" c"', '"[{\\"]}"'),
  );
  const name = fc.constantFrom('Args', 'Out', 'OWNER', 'x y', 'é', 'JobStatus', 'A[', 'B{"');
  const input = fc.record({
    name: fc.constantFrom('a', 'b/c', 'd "e"', 'f\ng'),
    digest: fc.constantFrom(digest, `sha256:${'1'.repeat(64)}`),
    size: fc.nat(),
    executable: fc.boolean(),
  });
  const withMore = fc.oneof(
    input,
    fc
      .record({ mode: fc.nat(0o777), more: fc.anything() })
      .chain((more) => input.map((one) => ({ ...one, ...more }))),
    input.map(({ executable: _default, ...rest }) => rest),
  );
  const proc = fc.record({
    attributes: fc.dictionary(name, text),
    inputs: fc.array(withMore, { maxLength: 3 }),
  });
  const extra = fc.constantFrom({}, { other: ['procs', { procs: [1] }], 'a"procs': 1 });

  it('reads what a schema would read, however the body is written and wherever it is cut', () => {
    fc.assert(
      fc.property(
        fc.array(proc, { minLength: 1, maxLength: 5 }),
        extra,
        fc.constantFrom(0, 1, '\r\n'),
        fc.boolean(),
        fc.array(fc.nat(40)),
        (procs, more, space, procsFirst, sizes) => {
          const { key, cluster } = submitOf();
          const request = procsFirst ? { procs, ...more, cluster, key } : { ...more, key, cluster, procs };
          const got = read(JSON.stringify(request, null, space), sizes);
          const expected = submitRequest.parse(JSON.parse(JSON.stringify(request))).procs.map((one) => ({
            attributes: withoutOwned(one.attributes),
            inputs: lastOfEachName(one.inputs),
          }));
          expect({ key: got.key, cluster: got.cluster, procs: unpacked(got) }).toEqual({
            key,
            cluster,
            procs: expected,
          });
        },
      ),
    );
  });

  it('keeps the bytes of procs that are written as the pool keeps them', () => {
    const procs = Array.from({ length: 2001 }, (_, n) => ({
      attributes: { Args: `"${n}"` },
      inputs: [file],
    }));
    const { parts, count } = readProcs(procs).procs;
    expect(count).toBe(2001);
    expect(parts.map(({ first, count, names }) => [first, count, names])).toEqual([
      [0, 1000, ['args']],
      [1000, 1000, ['args']],
      [2000, 1, ['args']],
    ]);
    expect(parts.map(({ data }) => Buffer.from(data).toString()).join('\n')).toBe(
      procs.map((one) => JSON.stringify(one)).join('\n'),
    );
  });

  it('keeps nothing of procs that have nothing of their own', () => {
    const bare = { attributes: {}, inputs: [] };
    expect(readProcs([bare, bare, { attributes: { Owner: '"bob"' }, inputs: [] }]).procs).toEqual({
      count: 3,
      parts: [],
    });
  });

  it('lists each file once, and again where it is said to have another size', () => {
    const empty = { ...file, name: 'folder', emptyFolder: true };
    const inputs = [file, { ...file, name: 'c' }, { ...file, name: 'd', size: 4 }, empty];
    expect([...filesIn(readProcs([{ attributes: {}, inputs }]).files)]).toEqual([
      { digest, name: 'a/b', size: 3 },
      { digest, name: 'd', size: 4 },
    ]);
  });

  it.each<[string, unknown, string]>([
    ['an attribute that is no text', { attributes: { A: 1 }, inputs: [] }, 'procs.1.attributes.A: '],
    ['no inputs', { attributes: {} }, 'procs.1.inputs: '],
    [
      'a path that leads outside',
      { attributes: {}, inputs: [{ ...file, name: '../a' }] },
      'procs.1.inputs.0.name: write a path below',
    ],
    [
      'a digest of another kind',
      { attributes: {}, inputs: [{ ...file, digest: 'md5:1' }] },
      'procs.1.inputs.0.digest: write sha256',
    ],
    [
      'a size that is no number of bytes',
      { attributes: {}, inputs: [{ ...file, size: -1 }] },
      'procs.1.inputs.0.size: ',
    ],
    [
      'a mode beyond permissions',
      { attributes: {}, inputs: [{ ...file, mode: 0o1000 }] },
      'procs.1.inputs.0.mode: ',
    ],
    [
      'a long name',
      { attributes: { ['a'.repeat(257)]: '1' }, inputs: [] },
      'its name has more than 256 characters',
    ],
    [
      'a name that changes prototypes',
      { attributes: JSON.parse('{"__proto__":"1"}'), inputs: [] },
      'named "__proto__"',
    ],
    [
      'a text that is no expression',
      { attributes: { A: '1 +' }, inputs: [] },
      'procs.1.attributes.A: expected a value',
    ],
    ['a number in its place', 7, 'procs.1: it is not an object'],
  ])('refuses a proc with %s, and says where', (_what, bad, message) => {
    expect(() => readProcs([{ attributes: {}, inputs: [] }, bad])).toThrow(message);
  });

  it.each<[string, string, string]>([
    ['nothing', '', 'not valid JSON'],
    ['the beginning of a body', '{"key":"12345678","procs":[{"attributes":', 'ends too early'],
    ['a proc that is not JSON', '{"procs":[{"a":1},{"b":}]}', 'not valid JSON: in procs.1'],
    ['two commas', '{"procs":[{},,{}]}', 'procs.1: it is not an object'],
    ['no comma', '{"procs":[{}{}]}', 'something other than a comma follows procs.0'],
    ['brackets that do not match', '{"procs":[{"attributes":{]}}]}', 'not valid JSON'],
    ['two lists of procs', '{"procs":[{"attributes":{},"inputs":[]}],"procs":[]}', 'twice'],
    ['no procs', JSON.stringify({ ...submitOf(), procs: [] }), 'procs: it is empty'],
    ['no list of procs', JSON.stringify({ ...submitOf(), procs: undefined }), 'procs: '],
    ['no key', JSON.stringify({ ...submitOf(), key: 'short' }), 'key: it has fewer than 8 characters'],
    ['a list in place of the object', '[]', 'the request: '],
    ['thousands of brackets', `{"procs":[${'{"a":'.repeat(5000)}`, 'nested too deeply'],
  ])('refuses a body with %s', (_what, body, message) => {
    expect(() => read(body)).toThrow(message);
  });

  it('refuses a body that is not UTF-8', () => {
    const body = Buffer.from(
      JSON.stringify({ ...submitOf(), procs: [{ attributes: { A: '"~"' }, inputs: [] }] }),
    );
    body[body.indexOf('~')] = 0xff;
    expect(() => read(body)).toThrow('not UTF-8');
  });

  it('refuses more procs than a list may have as soon as they have arrived', () => {
    const reader = new SubmitReader('alice');
    reader.push(Buffer.from('{"procs":['));
    const thousand = Buffer.from(
      `${Array.from({ length: 1000 }, () => '{"attributes":{},"inputs":[]}').join(',')},`,
    );
    expect(() => {
      for (let count = 0; count <= maxProcs; count += 1000) reader.push(thousand);
    }).toThrow('procs: it has more than 1000000 entries');
  });

  it('refuses a proc that is larger than any message before all of it has arrived', () => {
    const reader = new SubmitReader('alice');
    reader.push(Buffer.from('{"procs":[{"attributes":{"A":"'));
    const mebi = Buffer.alloc(2 ** 20, 'x');
    expect(() => {
      for (let count = 0; count < 32; count += 1) reader.push(mebi);
    }).toThrow(expect.objectContaining({ code: 'TooLarge', message: 'procs.0 has more than 16Mi' }));
  });

  it('accepts texts with the number of the cluster, and fills nothing in', () => {
    const one = { attributes: { A: '$(ClusterId) + 1', B: '"c.$(ClusterId)"' }, inputs: [] };
    const { parts } = readProcs([one]).procs;
    expect(Buffer.from(parts[0]!.data).toString()).toBe(JSON.stringify(one));
  });
});

describe('the reader of a series', () => {
  it('packs it as one part, however long it is', () => {
    const attributes = { Out: '"o.$(ProcId)"', N: '-$(ProcId) * 2', Owner: '"bob"' };
    const { procs } = readProcs({ count: 1_000_000_000, attributes, inputs: [file] });
    expect(procs).toMatchObject({
      count: 1_000_000_000,
      parts: [{ kind: 'series', first: 0, names: ['out', 'n'] }],
    });
    expect(new ProcReader(procs.parts, 1).read(999_999_999)).toEqual({
      attributes: { Out: '"o.999999999"', N: '-999999999 * 2' },
      inputs: [file],
    });
  });

  it.each([
    ['a part of a number', { A: '1$(ProcId)' }],
    ['a part of a fraction', { A: '$(ProcId).5' }],
    ['a part of a name', { A: 'x$(ProcId)' }],
    ['a part of an escape', { A: '"\\1$(ProcId)"' }],
    ['a comment', { A: '1 /* $(ProcId) */' }],
    ['the name of an attribute', { 'A$(ProcId)': '1' }],
  ])('refuses its number in %s', (_what, attributes) => {
    expect(() => readProcs({ count: 3, attributes, inputs: [] })).toThrow('$(ProcId) stands neither');
  });

  it('refuses its number in the name of an input, because every proc has the same files', () => {
    const inputs = [{ ...file, name: 'in.$(ProcId)' }];
    expect(() => readProcs({ count: 3, attributes: {}, inputs })).toThrow('$(ProcId) stands neither');
  });

  it.each([
    [{ count: 0, attributes: {}, inputs: [] }, 'procs.count: it is less than 1'],
    [{ count: 1_000_000_001, attributes: {}, inputs: [] }, 'procs.count: it is more than 1000000000'],
    [{ count: 2, attributes: {} }, 'procs.inputs: '],
    [{ count: 2, attributes: { A: ')' }, inputs: [] }, 'expected a value'],
  ])('refuses %j', (series, message) => {
    expect(() => readProcs(series)).toThrow(message);
  });
});
