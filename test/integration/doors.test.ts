import { createHash } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { submitOf } from '#testing/ads.ts';
import { randomOf } from '#testing/random-of.ts';
import { ScriptedPilot } from '#testing/scripted-pilot.ts';
import { TestPool } from '#testing/test-pool.ts';
import { jobsAnswer, submitAnswer } from '#wire/jobs.ts';
import { brokenFrames, brokenRequests, codeOf, sayBytes, upgrade } from '../soak/door-bytes.ts';
import { withPool } from '../soak/door-pool.ts';
import { fuzzRoutes } from '../soak/door-requests.ts';
import { slowClients } from '../soak/slow-clients.ts';

const usualSeed = 20_261_129;

describe('the doors of a pool', () => {
  let pool: TestPool;
  let cluster: number;

  beforeAll(async () => {
    pool = await TestPool.start();
    const client = pool.client('submitter', 'good');
    ({ cluster } = await client.json('/v1/jobs', submitAnswer, { method: 'POST', json: submitOf(10) }));
  });
  afterAll(async () => {
    const { jobs } = await pool.client('submitter', 'good').json(`/v1/jobs/${cluster}`, jobsAnswer);
    expect(jobs.map(({ ad }) => ad['JobStatus'])).toEqual(Array.from({ length: 10 }, () => '1'));
    expect(pool.log.filter((line) => /"level":(50|60)/.test(line))).toEqual([]);
    await pool.destroy();
  });

  it('every route refuses nonsense with a code that its description names', async () => {
    const seed = Number(process.env.GLIDEIN_TEST_SEED ?? usualSeed);
    const report = await fuzzRoutes({
      url: pool.url,
      token: (role) => pool.token(role, 'stranger'),
      random: randomOf(seed),
      each: 40,
    });
    expect(report.faults, `seed ${seed}`).toEqual([]);
    expect(report.requests).toBe(40 * report.routes.length);
    expect(report.byStatus).toMatchObject({ 200: expect.any(Number), 400: expect.any(Number) });
  });

  it.each(brokenRequests)('a request with %s is refused with a code', async (_what, bytes, code) => {
    const { text, closed } = await sayBytes(pool.url, [bytes]);
    expect([codeOf(text), closed]).toEqual([code, true]);
  });

  it.each([
    ['no token', { Authorization: '' }, '/v1/pilot', 'Unauthenticated'],
    ['an older WebSocket', { 'Sec-WebSocket-Version': '7' }, '/v1/pilot', 'InvalidMessage'],
    ['a key that is none', { 'Sec-WebSocket-Key': 'x' }, '/v1/pilot', 'InvalidMessage'],
    ['another protocol', { Upgrade: 'h2c' }, '/v1/pilot', 'InvalidMessage'],
    ['another address', {}, '/v1/jobs', 'NotFound'],
  ])('an upgrade with %s is refused with a code', async (_what, change, path, code) => {
    const { text, closed } = await sayBytes(pool.url, [
      upgrade(await pool.token('pilot', 'u'), change, path),
    ]);
    expect([codeOf(text), closed]).toEqual([code, true]);
  });

  it('an upgrade with the token of a submitter is refused', async () => {
    const { text } = await sayBytes(pool.url, [upgrade(await pool.token('submitter', 'u'))]);
    expect(codeOf(text)).toBe('Forbidden');
  });

  it.each(brokenFrames)('a pilot that sends %s is disconnected', async (_what, frames) => {
    const { text, closed } = await sayBytes(pool.url, [upgrade(await pool.token('pilot', 'odd')), ...frames]);
    expect(text).toMatch(/^HTTP\/1\.1 101 /);
    expect(closed).toBe(true);
  });

  it('a pilot that does not read its answers is no longer listened to, and others are', async () => {
    const slot = { Start: 'false' };
    const pilotOf = async (uid: string) =>
      ScriptedPilot.start({ url: pool.url, token: await pool.token('pilot', uid), uid, slot });
    const deaf = await pilotOf('deaf');
    deaf.deafen();
    const before = process.memoryUsage().arrayBuffers;
    for (let sequence = 0; sequence < 200_000; sequence += 1) deaf.say({ type: 'renew', sequence });
    const other = await pilotOf('other');
    other.say({ type: 'renew', sequence: 7 });
    await other.next('renewed', ({ sequence }) => sequence === 7);
    // What the pilot itself could not send yet is in this process too: some 40 bytes for each message.
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(64 * 2 ** 20);
    deaf.cut();
    other.cut();
  });

  it('an upload that is cut off, too long, too short or something else leaves nothing behind', async () => {
    const token = await pool.token('submitter', 'stranger');
    const content = 'what was promised';
    const digest = `sha256:${createHash('sha256').update(content).digest('hex')}`;
    const head = (length: string) =>
      `PUT /v1/blobs/${digest} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\nConnection: close\r\nContent-Type: application/octet-stream\r\n${length}\r\n\r\n`;
    const say = async (length: string, body: string) =>
      codeOf((await sayBytes(pool.url, [head(length) + body], 2000)).text);
    expect(await say(`Content-Length: ${20 * 2 ** 30}`, 'x')).toBe('TooLarge');
    expect(await say(`Content-Length: ${content.length}`, 'something else---')).toBe('InvalidArgument');
    expect(await say(`Content-Length: ${content.length - 1}`, content)).toBe('InvalidMessage');
    expect(await say('Transfer-Encoding: chunked', 'zz\r\nx\r\n')).not.toBe('Internal');
    await say(`Content-Length: ${content.length + 1}`, content);
    await pause(100);
    const found = await fetch(`${pool.url}/v1/blobs/${digest}`, {
      headers: { authorization: `Bearer ${token}` },
    });
    expect(found.status).toBe(404);
  });
});

it('slow clients take little of a pool and nothing of others', async () => {
  const report = await withPool(({ url, pid, token }) =>
    slowClients({
      url,
      pid,
      token: (subject) => token('submitter', subject),
      each: 100,
      seconds: 2,
      until: 0,
    }),
  );
  expect(report.clients).toBe(530);
  // Only the soak test can compare rates: these are a few seconds, in which the machine may do other things as well.
  expect(report.beside).toBeGreaterThan(0);
  // Its heap may grow to 384 MiB.
  expect(report.most).toBeLessThan(report.before + 300);
});
