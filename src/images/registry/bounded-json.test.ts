import { expect, it } from 'vitest';
import { boundedJson } from './bounded-json.ts';
import { readConfig } from './manifest.ts';

it('JSON is read as far as it has not too many values', () => {
  expect(boundedJson(Buffer.from('{"a":[1,2]}'), 4, 'it')).toEqual({ a: [1, 2] });
  expect(() => boundedJson(Buffer.from('{"a":[1,2]}'), 3, 'it')).toThrow('it may have more than 3 values');
  expect(() => boundedJson(Buffer.from('{'), 3, 'it')).toThrow('it is not JSON');
});

it.each(['[', '[],', '{"":1,'])('a configuration of a million times %s is not even read', (text) => {
  const body = Buffer.from(`{"rootfs":{"diff_ids":[]},"x":[${text.repeat(1_000_000)}`);
  expect(() => readConfig(body)).toThrow('the configuration of the image may have more than 50000 values');
});
