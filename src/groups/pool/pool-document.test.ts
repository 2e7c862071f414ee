import { expect, test } from 'vitest';
import { glideinPoolSpec } from '#api/glidein-pool.ts';
import { poolDocument } from './pool-document.ts';

test('the document of a pool contains the concurrency limits and the filesPerOwner of its resource', () => {
  const spec = glideinPoolSpec.parse({
    type: 'Embedded',
    embedded: { concurrencyLimits: [{ name: 'licence', limit: 10 }], filesPerOwner: '50Gi' },
  });
  const keys = { issuer: 'https://kubernetes', jwks: '{"keys":[]}' };
  const settings = { site: 'here', account: { namespace: 'glidein', name: 'operator' } };
  const { data } = poolDocument({ metadata: { name: 'main', namespace: 'physics' }, spec }, keys, settings, [
    'd1',
    'd2',
  ]);
  expect(JSON.parse(data['pool.json'])).toMatchObject({
    concurrencyLimits: [{ name: 'licence', limit: 10 }],
    filesPerOwner: '50Gi',
  });
});

test('the document of a pool contains the digests of tokens for metrics in a file of their own', () => {
  const spec = glideinPoolSpec.parse({ type: 'Embedded' });
  const keys = { issuer: 'https://kubernetes', jwks: '{"keys":[]}' };
  const settings = { site: 'here', account: { namespace: 'glidein', name: 'operator' } };
  const pool = { metadata: { name: 'main', namespace: 'physics' }, spec };
  const { data } = poolDocument(pool, keys, settings, ['d1', 'd2']);
  expect(data['metrics-tokens']).toBe('d1\nd2');
  expect(data['pool.json']).not.toContain('d1');
});

test('the document of a pool contains the accounting of its resource', () => {
  const groups = [{ name: 'atlas', cores: 10, surplus: false, priorityFactor: 10 }];
  const spec = glideinPoolSpec.parse({
    type: 'Embedded',
    embedded: { accounting: { halfLife: '1h', groups, scoreAttribute: 'HS23' } },
  });
  const keys = { issuer: 'https://kubernetes', jwks: '{"keys":[]}' };
  const settings = { site: 'here', account: { namespace: 'glidein', name: 'operator' } };
  const { data } = poolDocument({ metadata: { name: 'main', namespace: 'physics' }, spec }, keys, settings, [
    'd1',
    'd2',
  ]);
  expect(JSON.parse(data['pool.json'])).toMatchObject({
    accounting: { halfLife: '1h', groups, scoreAttribute: 'HS23' },
  });
});
