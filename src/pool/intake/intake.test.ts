import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { submitOf } from '#testing/ads.ts';
import { Intake } from './intake.ts';

const most = 2 ** 30;

/** A body with this many procs, of which one has an attribute with this text. */
function bodyOf(count: number, text = '1', at = 0): string {
  const procs = Array.from({ length: count }, (_, proc) => ({
    attributes: { A: proc === at ? text : `"${proc}"` },
    inputs: [],
  }));
  return JSON.stringify({ ...submitOf(), procs });
}

/** A body that arrives piece by piece. */
function pieces(body: string, size = 2 ** 14): Readable {
  const bytes = Buffer.from(body);
  const all = Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
    bytes.subarray(index * size, (index + 1) * size),
  );
  return Readable.from(all, { objectMode: false });
}

describe('the intake', () => {
  let intake: Intake;
  beforeEach(() => {
    intake = new Intake();
  });
  afterEach(async () => {
    await intake.close();
  });

  it('reads a large body in its thread as it reads a small one', async () => {
    const small = await intake.read(pieces(bodyOf(3)), 'alice', most);
    const large = await intake.read(pieces(bodyOf(30_000)), 'alice', most);
    expect(small.procs.count).toBe(3);
    expect(large.procs).toMatchObject({ count: 30_000 });
    expect(large.procs.parts.at(-1)).toMatchObject({ first: 29_000, count: 1000, names: ['a'] });
    expect(large).toMatchObject({ held: false, cluster: small.cluster });
  });

  it('refuses a large body with the place of the fault, and reads the rest of it', async () => {
    const body = pieces(bodyOf(30_000, '1 + "a', 9000));
    await expect(intake.read(body, 'alice', most)).rejects.toMatchObject({
      code: 'InvalidExpression',
      message: expect.stringMatching(/^procs\.9000\.attributes\.A: /),
      cure: 'close it with "',
      place: expect.objectContaining({ column: 5 }),
    });
    await expect.poll(() => body.readableEnded).toBe(true);
  });

  it('refuses a body that is larger than allowed, however much of it is announced', async () => {
    const body = pieces(bodyOf(30_000));
    await expect(intake.read(body, 'alice', 100_000)).rejects.toMatchObject({ code: 'TooLarge' });
  });

  it('reads a large body while another one waits for its sender', async () => {
    const bytes = Buffer.from(bodyOf(10_000));
    const slow = new Readable({ read() {} });
    slow.push(bytes.subarray(0, 100_000));
    const first = intake.read(slow, 'alice', most);
    expect((await intake.read(pieces(bodyOf(20_000)), 'bob', most)).procs.count).toBe(20_000);
    slow.push(bytes.subarray(100_000));
    slow.push(null);
    expect((await first).procs.count).toBe(10_000);
  });

  it('a sender that goes away does not keep the thread from others', async () => {
    const gone = new Readable({ read() {} });
    gone.push(bodyOf(10_000).slice(0, 100_000));
    const first = intake.read(gone, 'alice', most);
    gone.destroy(new Error('the connection is gone'));
    await expect(first).rejects.toThrow('the connection is gone');
    expect((await intake.read(pieces(bodyOf(20_000)), 'bob', most)).procs.count).toBe(20_000);
  });

  it('after the death of its thread it answers whoever waited, and starts another one', async () => {
    const slow = new Readable({ read() {} });
    slow.push(bodyOf(10_000).slice(0, 100_000));
    const first = intake.read(slow, 'alice', most);
    first.catch(() => undefined);
    await intake.read(pieces(bodyOf(20_000)), 'bob', most);
    await intake.close();
    slow.push(null);
    await expect(first).rejects.toMatchObject({
      code: 'Unavailable',
      cure: expect.stringContaining('again'),
    });
    expect((await intake.read(pieces(bodyOf(20_000)), 'bob', most)).procs.count).toBe(20_000);
  });
});
