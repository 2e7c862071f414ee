import { readdir } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '#testing/manual-clock.ts';
import { TestPool } from '#testing/test-pool.ts';

describe('clients that are slow', () => {
  const clock = new ManualClock(Date.now());
  let pool: TestPool;

  beforeEach(async () => {
    pool = await TestPool.start({ clock });
  });
  afterEach(() => pool.destroy());

  async function say(
    head: string,
    type: string,
    body: string,
  ): Promise<{ socket: Socket; text: () => string }> {
    const socket = connect(Number(new URL(pool.url).port), '127.0.0.1');
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk.toString('utf8');
    });
    socket.on('error', () => {});
    const token = await pool.token('submitter', 'alice');
    socket.write(
      `${head} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\nContent-Type: ${type}\r\nContent-Length: 1000000\r\n\r\n${body}`,
    );
    return { socket, text: () => text };
  }

  it('an upload that brings next to nothing is cut off after a minute, and one that goes on is not', async () => {
    const path = (digit: string) => `PUT /v1/blobs/sha256:${digit.repeat(64)}`;
    const slow = await say(path('a'), 'application/octet-stream', 'x');
    const steady = await say(path('b'), 'application/octet-stream', 'x');
    const incoming = () => readdir(join(pool.directory, 'spool', 'incoming'), { recursive: true });
    await expect.poll(async () => (await incoming()).length).toBeGreaterThanOrEqual(2);
    for (let looks = 0; looks < 3; looks += 1) {
      steady.socket.write('x'.repeat(200_000));
      await new Promise((resolve) => setTimeout(resolve, 100));
      clock.advance(30_000);
    }
    await expect.poll(() => slow.socket.closed).toBe(true);
    expect(steady.socket.closed).toBe(false);
    steady.socket.destroy();
  });

  it('a body of JSON that does not come in time is answered with a code', async () => {
    const { socket, text } = await say('POST /v1/bidders/here', 'application/json', '{"groups":');
    const operator = await say('POST /v1/jobs/actions', 'application/json', '{"jobs":');
    await new Promise((resolve) => setTimeout(resolve, 200));
    clock.advance(65_000);
    await expect.poll(() => operator.socket.closed).toBe(true);
    expect(operator.text()).toContain('"code":"Timeout"');
    // It was refused before its body was read.
    expect(text()).toContain('"code":"Forbidden"');
    socket.destroy();
  });
});
