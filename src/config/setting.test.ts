import { describe, expect, it } from 'vitest';
import { poolTable } from './pool-table.ts';
import { resolveSettings } from './setting.ts';

const settings = (flags: Record<string, string>, environment: Record<string, string> = {}) =>
  resolveSettings(poolTable, flags, environment);

describe('settings', () => {
  it('come from the flag, else from the variable, else from the default', () => {
    expect(settings({}).port).toBe(9618);
    expect(settings({}, { GLIDEIN_POOL_PORT: '1' }).port).toBe(1);
    expect(settings({}, { GLIDEIN_POOL_PORT: '' }).port).toBe(9618);
    expect(settings({ port: '2' }, { GLIDEIN_POOL_PORT: '1' }).port).toBe(2);
    expect(settings({}).directory).toBeUndefined();
    expect(Object.isFrozen(settings({}))).toBe(true);
  });

  it.each([
    [{ port: '' }, '--port'],
    [{ port: '0x10' }, '--port'],
    [{ port: '65536' }, '--port'],
    [{ port: '1.5' }, '--port'],
    [{ leaseSeconds: '0s' }, '--lease'],
    [{ leaseSeconds: '999d' }, '--lease'],
    [{ leaseSeconds: 'soon' }, '--lease'],
    [{ synchronous: 'off' }, '--synchronous'],
    [{ logLevel: 'loud' }, '--log-level'],
  ])('%j are refused with the name of the flag', (flags, name) => {
    expect(() => settings(flags as Record<string, string>)).toThrow(
      expect.objectContaining({ code: 'InvalidArgument', message: expect.stringContaining(name) }),
    );
  });

  it('from a wrong variable are refused with its name and the cure', () => {
    expect(() => settings({}, { GLIDEIN_POOL_LEASE: '5' })).toThrow(
      expect.objectContaining({
        message: expect.stringContaining('GLIDEIN_POOL_LEASE'),
        cure: expect.any(String),
      }),
    );
  });

  it('that are paths become absolute', () => {
    expect(settings({ directory: 'here' }).directory).toBe(`${process.cwd()}/here`);
  });
});
