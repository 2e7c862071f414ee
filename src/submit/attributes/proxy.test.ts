import { expect, it } from 'vitest';
import { parseSubmit } from '../parse-submit.ts';

const parse = (more: string, environment: Record<string, string> = {}) =>
  parseSubmit(`executable = run\n${more}\nqueue\n`, {
    file: 'job.sub',
    owner: 'alice',
    directory: '/home/alice',
    now: 1,
    userId: 1000,
    environment,
    random: () => 0,
    readFile: () => undefined,
    sizeOf: (path) => (path.includes('none') ? undefined : 1),
  });

const paths = ({ procs }: ReturnType<typeof parse>) => procs[0]?.inputs.map(({ path }) => path);

it('a proxy travels with the job, and the ad contains its path as written', () => {
  const description = parse('initialdir = d\nx509userproxy = ./p');
  expect(description.cluster.x509userproxy).toBe('"/home/alice/d/./p"');
  expect(paths(description)).toContain('/home/alice/d/p');
});

it('use_x509userproxy takes the proxy that grid programs use by default', () => {
  expect(paths(parse('use_x509userproxy = true'))).toContain('/tmp/x509up_u1000');
  expect(paths(parse('use_x509userproxy = true', { X509_USER_PROXY: '/tmp/mine' }))).toContain('/tmp/mine');
  expect(parse('use_x509userproxy = false').cluster).not.toHaveProperty('x509userproxy');
});

it('a missing proxy is refused with how to make one', () => {
  expect(() => parse('x509userproxy = none')).toThrow(
    expect.objectContaining({ cure: expect.stringContaining('voms-proxy-init') }),
  );
});
