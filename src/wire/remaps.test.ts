import { expect, it } from 'vitest';
import { readRemaps, remapped } from './remaps.ts';

it.each([
  ['a = b', 'a', 'b'],
  ['a=b;c=d', 'c', 'd'],
  ['a = /data/b', 'a', '/data/b'],
  ['a = b=c', 'a', 'b=c'],
  ['a\\=1 = b\\;2', 'a=1', 'b;2'],
  ['dir = out', 'dir/x/y', 'out/x/y'],
  ['dir = out; dir/x = z', 'dir/x', 'z'],
  ['dir/ = out/', 'dir/x', 'out/x'],
  ['a = b', 'ab', 'ab'],
  ['a =; = b; c', 'a', 'a'],
  ['', 'a', 'a'],
])('the transfer_output_remaps "%s" rename %s to %s', (text, name, target) => {
  expect(remapped(name, readRemaps(text))).toBe(target);
});
