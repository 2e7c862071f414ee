import { expect, test } from 'vitest';
import { glideinGroupSpec } from '#api/glidein-group.ts';
import { templateOf } from '#pressure/template.ts';
import type { GroupResource } from './resources.ts';
import { parseGroup } from './stored-spec.ts';

const group = (start: string): GroupResource => ({
  metadata: { name: 'g', namespace: 'atlas' },
  spec: glideinGroupSpec.parse({
    poolRef: { name: 'p' },
    replicas: 1,
    pilot: { cpus: 1, memory: '1Gi', start },
  }),
});

test('a start expression that does not parse is reported with its field, text and column', () => {
  const parsed = parseGroup(group('((('));
  expect(parsed).toMatchObject({ ok: true, fault: { reason: 'InvalidExpression' } });
  const message = parsed.ok ? parsed.fault?.message : '';
  expect(message).toContain('spec.pilot.start');
  expect(message).toContain('column 4');
  expect(message).toContain('"((("');
});

test('a start expression that does not parse is kept from the decisions for other groups', () => {
  const parsed = parseGroup(group('((('));
  if (!parsed.ok) throw new Error('its other fields are valid');
  expect(() => templateOf(parsed.spec, 'x64')).not.toThrow();
  expect(parsed.spec.pilot.start).toBe('false');
});

test('a group whose expressions parse has no fault', () => {
  expect(parseGroup(group('TARGET.Owner == "alice"'))).toMatchObject({ ok: true, fault: undefined });
});

test('an operator newer than the definitions works with groups that carry the older ones’ defaults', () => {
  const spec = { ...group('true').spec, quarantine: { mode: 'Avoid' }, downtimes: [] };
  const parsed = parseGroup({ ...group('true'), spec } as GroupResource);
  expect(parsed).toMatchObject({ ok: true, fault: undefined });
  expect(parsed.ok && Object.keys(parsed.spec)).not.toContain('quarantine');
});

test('an invalid value is reported with its field, even beside an unknown field', () => {
  const spec = { ...group('true').spec, quarantine: {}, replicas: -1 };
  const parsed = parseGroup({ ...group('true'), spec } as GroupResource);
  expect(parsed).toMatchObject({ ok: false, problem: expect.stringMatching(/^spec\.replicas: [^;]*$/) });
});
