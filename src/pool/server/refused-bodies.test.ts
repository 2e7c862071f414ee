import { type ClientRequest, request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { jobTexts, submitOf } from '#testing/ads.ts';
import { TestPool } from '#testing/test-pool.ts';
import { maxReason } from '#wire/jobs.ts';

describe('a request that the pool refuses', () => {
  let pool: TestPool;

  beforeAll(async () => {
    pool = await TestPool.start();
  });
  afterAll(async () => {
    await pool.destroy();
  });

  const post = async (path: string, body: string) => {
    const headers = {
      authorization: `Bearer ${await pool.token('submitter', 'alice')}`,
      'content-type': 'application/json',
    };
    const answer = await fetch(`${pool.url}${path}`, { method: 'POST', headers, body });
    return { status: answer.status, ...((await answer.json()) as { code: string; message: string }) };
  };
  const submitting = (ad: Readonly<Record<string, string>>) =>
    post('/v1/jobs', JSON.stringify({ ...submitOf(), cluster: ad }));

  it('a request with an attribute named __proto__ is not called invalid JSON', async () => {
    expect(await submitting({ ...jobTexts(), ['__proto__']: '1' })).toMatchObject({
      status: 400,
      code: 'InvalidArgument',
      message: expect.stringMatching(/^an attribute or a field of the request is named "__proto__"/),
    });
    expect(await post('/v1/jobs', '{')).toMatchObject({
      status: 400,
      message: expect.stringMatching(/JSON/),
    });
  });

  it.each([
    [{ reason: 'x'.repeat(maxReason + 1) }, 'reason: it has more than 1024 characters'],
    [{ jobs: [] }, 'the action names no jobs, and selects none'],
    [{ jobs: Array.from({ length: 10_001 }, () => '1') }, 'jobs: it has more than 10000 entries'],
  ])('a refusal says what is too long or too short in our own words: %#', async (change, message) => {
    const action = { action: 'hold', jobs: ['1'], reason: 'test', ...change };
    expect(await post('/v1/jobs/actions', JSON.stringify(action))).toMatchObject({ status: 400, message });
  });

  it('a refusal truncates a name that is too long', async () => {
    const { message } = await submitting({ ...jobTexts(), [`A${'b'.repeat(300)}`]: '1' });
    expect(message).toMatch(/^cluster\.Ab{78}…: its name has more than 256 characters$/);
  });

  it('a refusal says that too many or too few jobs are requested', async () => {
    const headers = { authorization: `Bearer ${await pool.token('submitter', 'alice')}` };
    const ask = async (limit: number) =>
      (await fetch(`${pool.url}/v1/jobs?limit=${limit}`, { headers })).json();
    expect(await ask(0)).toMatchObject({ message: 'limit: it is less than 1' });
    expect(await ask(2_000_000)).toMatchObject({ message: 'limit: it is more than 1000000' });
  });

  /** The answer to the head of a request with this header, before any of its body is sent. */
  const announce = async (method: string, path: string, type: string, bytes: number) => {
    const headers = {
      authorization: `Bearer ${await pool.token('submitter', 'alice')}`,
      'content-type': type,
      'content-length': bytes,
    };
    return new Promise<string>((resolve, reject) => {
      const sent = request(`${pool.url}${path}`, { method, headers }, (answer) => {
        answer.setEncoding('utf8');
        answer.on('data', (text: string) => resolve(`${answer.statusCode} ${text}`));
        answer.on('end', () => sent.destroy());
      });
      sent.on('error', reject);
      sent.flushHeaders();
    });
  };

  it.each([
    'application/json',
    'Application/JSON',
    'APPLICATION/json; charset=utf-8',
    'application/octet-stream',
  ])('a submit for which there is no memory is refused before it is read, also as %s', async (type) => {
    expect(await announce('POST', '/v1/jobs', type, pool.core.memory.requests + 1)).toMatch(
      /^413 .*TooLarge/,
    );
  });

  it.each(['application/json', 'Application/JSON', 'text/plain'])(
    'a file that is sent as %s is refused before it is read, whatever its size',
    async (type) => {
      const path = `/v1/blobs/sha256:${'0'.repeat(64)}`;
      expect(await announce('PUT', path, type, 2 ** 30)).toMatch(/^400 .*a file has the content type/);
    },
  );

  it('requests that bring nothing take no memory for requests, whatever they announce', async () => {
    const polls: ClientRequest[] = [];
    const { requests } = pool.core.memory;
    for (const user of ['mallory', 'trudy']) {
      const headers = {
        authorization: `Bearer ${await pool.token('submitter', user)}`,
        'content-type': 'application/json',
        'transfer-encoding': 'chunked',
      };
      for (let taken = 0; taken < requests / 2; taken += 16 * 2 ** 20) {
        const poll = request(`${pool.url}/v1/events?wait=30`, { headers });
        poll.on('error', () => {});
        poll.flushHeaders();
        polls.push(poll);
      }
    }
    await expect.poll(() => polls.every((poll) => poll.socket?.bytesWritten)).toBe(true);
    // Whatever it answers, it has read the polls before.
    await post('/v1/jobs', '{}');
    const { status } = await post('/v1/jobs', JSON.stringify(submitOf()) + ' '.repeat(12 * 2 ** 20));
    for (const poll of polls) poll.destroy();
    expect(status).toBe(200);
  });

  it('a submit that is sent as a file is refused', async () => {
    const headers = {
      authorization: `Bearer ${await pool.token('submitter', 'alice')}`,
      'content-type': 'application/octet-stream',
    };
    const body = JSON.stringify(submitOf());
    const answer = await fetch(`${pool.url}/v1/jobs`, { method: 'POST', headers, body });
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ code: 'InvalidArgument' });
  });
});
