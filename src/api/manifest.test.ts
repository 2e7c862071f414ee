import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readManifests } from './manifest.ts';
import { checkReferences } from './references.ts';

const read = (text: string, file = 'a.yaml') => readManifests([{ file, text }]);
const said = (text: string) => read(text).problems.map((problem) => problem.describe());

const group = (spec: string, name = 'g') => `apiVersion: glidein.dev/v1alpha1
kind: GlideinGroup
metadata:
  name: ${name}
spec:
  poolRef: {name: hello}
  replicas: 1
  pilot:
    cpus: 1
    memory: 1Gi
${spec}`;

const pool = (name: string) => `apiVersion: glidein.dev/v1alpha1
kind: GlideinPool
metadata: {name: ${name}}
spec: {type: Embedded}
`;

describe('readManifests', () => {
  it('reads the examples, all of whose references exist', () => {
    const folder = join(import.meta.dirname, '../../examples/hello');
    const files = readdirSync(folder)
      .filter((name) => name.endsWith('.yaml'))
      .map((file) => ({ file, text: readFileSync(join(folder, file), 'utf8') }));
    const { resources, skipped, problems } = readManifests(files);
    expect(problems).toEqual([]);
    expect(skipped).toEqual([]);
    expect(resources.map((each) => each.resource.kind).sort()).toEqual([
      'GlideinGroup',
      'GlideinPool',
      'PressurePolicy',
    ]);
    expect(checkReferences(resources)).toEqual([]);
  });

  it('applies defaults and knows the places of fields', () => {
    const { resources } = read(`# a comment\n${group('')}`);
    const { resource, place, placeOf } = resources[0]!;
    expect(resource.kind === 'GlideinGroup' && resource.spec.limits.maxPilots).toBe(100);
    expect(place).toEqual({ file: 'a.yaml', line: 2, column: 1 });
    expect(placeOf(['spec', 'pilot', 'memory'])).toEqual({ file: 'a.yaml', line: 11, column: 13 });
    // The place of a field that was not written is the start of what encloses it.
    expect(placeOf(['spec', 'limits', 'maxPilots'])).toEqual({ file: 'a.yaml', line: 6, column: 1 });
  });

  it('reports unknown fields with the known ones and what was meant', () => {
    expect(said(group('  limits:\n    maxPilot: 3\n'))).toEqual([
      'a.yaml:12:5: spec.limits.maxPilot: there is no such field; did you mean "maxPilots"? the fields here are maxPilots, maxPending, maxIdle, createPerMinute',
    ]);
    expect(said(pool('p, lables: {}'))).toEqual([
      'a.yaml:3:21: metadata.lables: there is no such field; did you mean "labels"? the fields here are name, namespace, labels, annotations',
    ]);
  });

  it.each([
    ['  suspend: "no"\n', '11:12: spec.suspend: "no" is not true or false; write one, such as true'],
    ['  limits: {maxPilots: -1}\n', '11:23: spec.limits.maxPilots: -1 is out of bounds; write at least 0'],
    [
      '  limits: {maxPilots: 1.5}\n',
      '11:23: spec.limits.maxPilots: 1.5 is not a whole number; write one, such as 4',
    ],
    ['  limits:\n', '11:10: spec.limits: an empty value is not a block of fields; write one, such as {…}'],
    [
      '  isolation: share\n',
      '11:14: spec.isolation: "share" is not a valid value; did you mean "Shared"? write one of Auto, UserNamespace, Shared',
    ],
    [
      '  deadlines: {pulling: soon}\n',
      '11:24: spec.deadlines.pulling: "soon" is not valid; write a duration in whole numbers, such as 90s, 20m or 1h30m',
    ],
    [
      '  pressurePolicyRef: {}\n',
      '11:3: spec.pressurePolicyRef.name: the field is missing; write "name: WORD" (The name of a PressurePolicy in the same namespace)',
    ],
    [
      '  pressurePolicyRef: {name: x}\n',
      '6:3: spec: it is not clear what decides how many pilots there are; write exactly one of replicas and pressurePolicyRef',
    ],
  ])('reports where %o is wrong and what to write', (spec, expected) => {
    expect(said(group(spec))).toEqual([`a.yaml:${expected}`]);
  });

  it('reports all problems at once, in the order of the lines', () => {
    const lines = read(group('  limts: {}\n  isolation: no\n  image: 3\n')).problems.map(
      (each) => each.place?.line,
    );
    expect(lines).toEqual([11, 12, 13]);
  });

  it('returns valid resources despite problems in others', () => {
    const texts = [pool('one'), 'a: [1', pool('Two'), 'just words', '', pool('three')];
    const { resources, problems } = read(texts.join('\n---\n'));
    expect(resources.map((each) => each.resource.metadata.name)).toEqual(['one', 'three']);
    expect(problems.length).toBeGreaterThanOrEqual(3);
    expect(problems.every((each) => each.code === 'InvalidManifest' && each.place?.line && each.cure)).toBe(
      true,
    );
  });

  it('recognises its own objects by group or kind, and skips all others', () => {
    expect(said('apiVersion: glidein.dev/v1\nkind: GlideinPool\n')).toEqual([
      'a.yaml:1:13: apiVersion: this version does not exist; write "apiVersion: glidein.dev/v1alpha1"',
    ]);
    expect(said('apiVersion: v1\nkind: GlideinPool\n')).toHaveLength(1);
    expect(said('apiVersion: glidein.dev/v1alpha1\nkind: GlideinPol\n')).toEqual([
      'a.yaml:2:7: kind: there is no such kind; did you mean "GlideinPool"? the kinds are GlideinPool, GlideinGroup, PressurePolicy, ImageSet',
    ]);
    expect(said('apiVersion: v1\nmetadata: {}\n')[0]).toContain('kind: the field is missing');
    const { skipped, problems } = read('apiVersion: v1\nkind: ConfigMap\ndata: {}\n');
    expect([skipped, problems]).toEqual([
      [{ apiVersion: 'v1', kind: 'ConfigMap', place: { file: 'a.yaml', line: 1, column: 1 } }],
      [],
    ]);
  });

  it('reads objects as a cluster returns them: a list, server-side metadata, a status', () => {
    const item = `${group('')}status: {replicas: 1}\n`.replace(
      '  name: g',
      '  name: g\n  uid: u\n  managedFields: []',
    );
    const list = `apiVersion: v1\nkind: List\nitems:\n- ${item.trimEnd().replaceAll('\n', '\n  ')}\n`;
    const { resources, problems } = read(list);
    expect(problems).toEqual([]);
    expect(resources[0]?.resource.status).toBeUndefined();
    expect(resources[0]?.place.line).toBe(4);
    expect(said(list.replace('cpus: 1', 'cpu: 1'))).toContainEqual(
      expect.stringContaining('a.yaml:14:7: spec.pilot.cpu:'),
    );
  });

  it('takes the first of two resources with the same name, even across files, and says where it is', () => {
    const files = ['a.yaml', 'b.yaml'].map((file) => ({ file, text: pool('p') }));
    const { resources, problems } = readManifests(files);
    expect(resources).toHaveLength(1);
    expect(problems.map((each) => each.describe())).toEqual([
      'b.yaml:3:18: metadata.name: there already is a GlideinPool "p", at a.yaml:1; give one of them another name, or remove it',
    ]);
    const elsewhere = pool('p').replace('{name: p}', '{name: p, namespace: n}');
    expect(readManifests([files[0]!, { file: 'c.yaml', text: elsewhere }]).problems).toEqual([]);
  });

  it('reports three syntax errors of a file that is not YAML, and the number of others', () => {
    const problems = said(readFileSync(join(import.meta.dirname, '../../README.md'), 'utf8'));
    expect(problems).toHaveLength(4);
    expect(problems[0]).toMatch(/^a\.yaml:\d+:\d+: YAML: /);
    expect(problems[3]).toMatch(
      /YAML: \d+ more syntax errors from here on; .* check that this file is a manifest$/,
    );
  });

  it('never throws, whatever the text', () => {
    const fragment = fc.constantFrom(
      'apiVersion: glidein.dev/v1alpha1\n',
      'kind: GlideinGroup\n',
      'spec:\n',
      '  - ',
      '---\n',
      '{',
      '[',
      '&a ',
      '*a ',
      '<<: ',
      'pilot: ',
      '"',
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(fragment, fc.string()), { maxLength: 30 }), (parts) => {
        for (const problem of read(parts.join('')).problems) expect(problem.name).toBe('GlideinError');
      }),
    );
    expect(said('['.repeat(100_000))).not.toEqual([]);
    expect(said(`a: ${'x'.repeat(5_000_000)}`)[0]).toContain('characters');
    expect(
      said(`a: &a [1]\nb: &b [${'*a,'.repeat(50)}]\nc: &c [${'*b,'.repeat(50)}]\nd: [${'*c,'.repeat(50)}]`),
    ).not.toEqual([]);
  });
});

describe('checkReferences', () => {
  it('reports a reference to a missing resource with the existing ones', () => {
    const { resources } = read(`${group('')}---\n${pool('hallo')}`);
    expect(checkReferences(resources).map((each) => each.describe())).toEqual([
      'a.yaml:6:19: spec.poolRef.name: GlideinGroup "g" names the GlideinPool "hello", which does not exist; did you mean "hallo"? write one of hallo',
    ]);
    expect(checkReferences(read(group('')).resources)[0]?.cure).toContain('add a GlideinPool');
  });

  it('only looks in the same namespace', () => {
    const other = pool('hello').replace('{name: hello}', '{name: hello, namespace: other}');
    expect(checkReferences(read(`${group('')}---\n${other}`).resources)).toHaveLength(1);
    expect(checkReferences(read(`${group('')}---\n${pool('hello')}`).resources)).toEqual([]);
  });
});
