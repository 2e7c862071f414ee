import { createServer, type Server } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readiness } from '#spec/services/probe.ts';
import { type Asked, check } from './check.ts';

describe('a check of a service', () => {
  let server: Server;
  let status: number | undefined;
  let asked: Asked;
  const never = new AbortController().signal;

  beforeEach(async () => {
    status = 200;
    const paths: string[] = [];
    server = createServer((request, answer) => {
      paths.push(request.url ?? '');
      if (status !== undefined) answer.writeHead(status).end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    asked = {
      ports: new Map([['web', port]]),
      templates: new Map([['port.web', String(port)]]),
      execute: (command, signal) =>
        new Promise((resolve) => {
          if (command[0] === 'hangs') signal.addEventListener('abort', () => resolve(false));
          else resolve(command.join(' ') === `test ${port}`);
        }),
    };
  });
  afterEach(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  const probe = (more: object) => readiness.parse(more)!;
  const http = (more: object = {}) => probe({ http: { port: 'web', path: '/ready' }, ...more });

  it.each([
    [200, undefined],
    [399, undefined],
    [404, /answers 404/],
    [503, /GET \/ready on port \d+ answers 503/],
  ])('by http that is answered with %i gives %s', async (answer, problem) => {
    status = answer;
    const found = await check(http(), asked, never);
    if (problem === undefined) expect(found).toBeUndefined();
    else expect(found).toMatch(problem);
  });

  it('fails when there is no answer in time', async () => {
    status = undefined;
    expect(await check(http({ timeout: '50ms' }), asked, never)).toBe('no answer within 50ms');
    const exec = probe({ exec: { command: ['hangs'] }, timeout: '50ms' });
    expect(await check(exec, asked, never)).toBe('no answer within 50ms');
  });

  it('by tcp holds while the port accepts connections', async () => {
    const tcp = probe({ tcp: { port: 'web' } });
    expect(await check(tcp, asked, never)).toBeUndefined();
    server.closeAllConnections();
    server.close();
    expect(await check(tcp, asked, never)).toMatch(/accepts no connection/);
    expect(await check(http(), asked, never)).toMatch(/ECONNREFUSED/);
  });

  it('by exec holds if the command ends with 0, in which templates are replaced', async () => {
    expect(await check(probe({ exec: { command: ['test', '{{port.web}}'] } }), asked, never)).toBeUndefined();
    expect(await check(probe({ exec: { command: ['false'] } }), asked, never)).toBe(
      'the command false did not end with 0',
    );
  });

  it('ends at once when the service ends', async () => {
    status = undefined;
    const stop = new AbortController();
    const found = check(http({ timeout: '1h' }), asked, stop.signal);
    stop.abort();
    expect(await found).toMatch(/abort/);
  });
});
