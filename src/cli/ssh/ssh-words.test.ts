import { expect, it } from 'vitest';
import { LeaveKeys } from './leave-keys.ts';
import { sshWords } from './ssh-words.ts';

it.each([
  ['12.0', '12.0'],
  ['12.0 ls -la --wait', '12.0 -- ls -la --wait'],
  ['--wait 12.0 ls -la', '--wait 12.0 -- ls -la'],
  ['12.0 --wait ls', '12.0 --wait -- ls'],
  ['--pool http://127.0.0.1:1 12.0 ps', '--pool http://127.0.0.1:1 12.0 -- ps'],
  ['12.0 -- -x', '12.0 -- -x'],
])('of `glidein ssh %s`, the options and the command are told apart', (written, parted) => {
  expect(sshWords(written.split(' '))).toEqual(parted.split(' '));
});

it.each([
  ['~.', '', true],
  ['ls\r~.', 'ls\r', true],
  ['a~.', 'a~.', false],
  ['~~.', '~.', false],
  ['~x', '~x', false],
])('the keys %j leave a session only at the beginning of a line', (typed, send, leaves) => {
  const whole = new LeaveKeys().type(Buffer.from(typed));
  expect([whole.send.toString(), whole.leaves]).toEqual([send, leaves]);
  const keys = new LeaveKeys();
  const each = Array.from(Buffer.from(typed), (key) => keys.type(Buffer.from([key])));
  expect(each.map(({ send: part }) => part.toString()).join('')).toBe(send);
  expect(each.some((one) => one.leaves)).toBe(leaves);
});
