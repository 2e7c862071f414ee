import fc from 'fast-check';
import { expect, test } from 'vitest';
import { KubeError } from './kube-error.ts';
import type { KubeObject } from './object.ts';
import { watchEvents } from './watch-stream.ts';

async function* chunked(bytes: Buffer, sizes: readonly number[]) {
  let at = 0;
  for (let turn = 0; at < bytes.length; turn++) {
    const size = sizes[turn % sizes.length] ?? 1;
    yield bytes.subarray(at, at + size);
    at += size;
  }
}

async function read(bytes: Buffer, sizes: readonly number[], limit?: number) {
  const events: { type: string; object: KubeObject }[] = [];
  for await (const event of watchEvents(chunked(bytes, sizes), 'watch of things', limit)) events.push(event);
  return events;
}

const line = (value: unknown) => `${JSON.stringify(value)}\n`;

test('the events of a watch do not depend on its chunks, and an incomplete last line is not an event', async () => {
  const event = fc.record({
    type: fc.constantFrom('ADDED', 'MODIFIED', 'DELETED', 'BOOKMARK'),
    object: fc.record({ metadata: fc.record({ name: fc.string({ unit: 'grapheme' }) }) }),
  });
  const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 });
  await fc.assert(
    fc.asyncProperty(fc.array(event), sizes, fc.boolean(), async (events, cut, withRest) => {
      const rest = withRest ? '{"type":"ADDED","object":{"metadata"' : '';
      const bytes = Buffer.from(events.map(line).join('') + rest);
      expect(await read(bytes, cut)).toEqual(events);
    }),
  );
});

test('an ERROR event of a watch is thrown as the error in it', async () => {
  const object = { kind: 'Status', code: 410, reason: 'Expired', message: 'too old' };
  const error = await read(Buffer.from(line({ type: 'ERROR', object })), [7]).catch(
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(KubeError);
  expect(error).toMatchObject({ status: 410, reason: 'Expired', message: 'watch of things: too old' });
});

test('a line of a watch that exceeds the limit is an error before its end arrives', async () => {
  let given = 0;
  async function* endless() {
    for (;;) {
      given += 1000;
      yield Buffer.alloc(1000, 120);
    }
  }
  const reading = (async () => {
    for await (const _ of watchEvents(endless(), 'watch of things', 10_000))
      throw new Error('no event was sent');
  })();
  await expect(reading).rejects.toThrow('a line of more than 10000 bytes');
  expect(given).toBeLessThanOrEqual(11_000);
});

test('a line of a watch that is not an event is an error', async () => {
  await expect(read(Buffer.from('nonsense\n'), [3])).rejects.toThrow(KubeError);
  await expect(read(Buffer.from(line({ type: 'CHANGED', object: {} })), [3])).rejects.toThrow(
    'unknown type "CHANGED"',
  );
});
