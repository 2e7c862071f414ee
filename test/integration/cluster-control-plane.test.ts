import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ControlPlane, startControlPlane } from '../../hack/cluster/control-plane.mjs';

const module = join(import.meta.dirname, '../../hack/cluster/control-plane.mjs');

/** Programs that run with this folder among their arguments, whoever started them. */
function processesOf(dir: string): string[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
      } catch {
        return '';
      }
    })
    .filter((line) => /\/(etcd|kube-)/.test(line) && line.includes(dir));
}

function request(plane: ControlPlane, method: string, path: string, body?: unknown): Promise<Response> {
  const headers = { authorization: `Bearer ${plane.token}`, 'content-type': 'application/json' };
  return fetch(`${plane.url}${path}`, { method, headers, ...(body ? { body: JSON.stringify(body) } : {}) });
}

describe('two control planes at the same time', () => {
  let planes: ControlPlane[] = [];

  beforeAll(async () => {
    planes = await Promise.all([startControlPlane(), startControlPlane({ controllers: true })]);
    setDefaultCACertificates([...getCACertificates('default'), ...planes.map((plane) => plane.ca)]);
  });

  afterAll(() => Promise.all(planes.map((plane) => plane.stop())));

  it('keep their objects apart, behind certificates that verify', async () => {
    const names = ['left', 'right'];
    for (const [index, plane] of planes.entries()) {
      const created = await request(plane, 'POST', '/api/v1/namespaces', {
        metadata: { name: names[index] },
      });
      expect(created.status).toBe(201);
    }
    for (const [index, plane] of planes.entries()) {
      expect((await request(plane, 'GET', `/api/v1/namespaces/${names[index]}`)).status).toBe(200);
      expect((await request(plane, 'GET', `/api/v1/namespaces/${names[1 - index]}`)).status).toBe(404);
    }
  });

  it("refuse each other's tokens", async () => {
    const [left, right] = planes;
    const stranger = { ...left!, token: right!.token };
    expect((await request(stranger, 'GET', '/api/v1/namespaces')).status).toBe(401);
  });

  it('delete a namespace only where the controllers run', async () => {
    const [, plane] = planes;
    await request(plane!, 'POST', '/api/v1/namespaces', { metadata: { name: 'short' } });
    await request(plane!, 'DELETE', '/api/v1/namespaces/short');
    await expect
      .poll(async () => (await request(plane!, 'GET', '/api/v1/namespaces/short')).status, {
        timeout: 20_000,
      })
      .toBe(404);
  });

  it('hand out service-account tokens for an audience, and publish the keys that verify them', async () => {
    const [, plane] = planes;
    const path = '/api/v1/namespaces/default/serviceaccounts/default';
    await expect.poll(async () => (await request(plane!, 'GET', path)).status, { timeout: 20_000 }).toBe(200);
    const answer = await request(plane!, 'POST', `${path}/token`, { spec: { audiences: ['glidein-pool'] } });
    const { status } = (await answer.json()) as { status: { token: string } };
    const [header, claims] = status.token
      .split('.')
      .slice(0, 2)
      .map((part) => JSON.parse(Buffer.from(part, 'base64url').toString()) as Record<string, unknown>);
    expect(claims).toMatchObject({ aud: ['glidein-pool'], sub: 'system:serviceaccount:default:default' });
    const discovery = await request(plane!, 'GET', '/.well-known/openid-configuration');
    expect(await discovery.json()).toMatchObject({ issuer: claims!['iss'] });
    const keys = (await (await request(plane!, 'GET', '/openid/v1/jwks')).json()) as {
      keys: { kid: string }[];
    };
    expect(keys.keys.map((key) => key.kid)).toContain(header!['kid']);
  });

  it('leave no process and no folder when they are stopped', async () => {
    for (const plane of planes) {
      expect(processesOf(plane.dir).length).toBeGreaterThanOrEqual(2);
      await plane.stop();
      expect(processesOf(plane.dir)).toEqual([]);
      expect(existsSync(plane.dir)).toBe(false);
    }
  });
});

it('a control plane dies with the process that started it, even if that is killed', async () => {
  const script = `import(${JSON.stringify(module)})
    .then((door) => door.startControlPlane())
    .then((plane) => { console.log(plane.dir); setInterval(() => {}, 1000); });`;
  const parent = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [chunk] = (await once(parent.stdout, 'data')) as [Buffer];
  const dir = chunk.toString().trim();
  try {
    expect(processesOf(dir)).toHaveLength(2);
    parent.kill('SIGKILL');
    await once(parent, 'exit');
    await expect.poll(() => processesOf(dir), { timeout: 5_000 }).toEqual([]);
  } finally {
    await promisify(execFile)('rm', ['-rf', dir]);
  }
});
