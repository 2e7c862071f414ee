import { expect, it } from 'vitest';
import { badNews, findingsText } from './findings-text.ts';

const fuse = {
  what: 'FUSE',
  attributes: {},
  verdict: 'missing',
  evidence: 'opening /dev/fuse: ENOENT',
  cure: 'a device plug-in',
} as const;
const cores = { what: 'cores', attributes: {}, verdict: 'good', evidence: '2\nusable' } as const;
const account = { what: 'account', attributes: {}, verdict: 'bad', evidence: 'no user 7' } as const;

it('what is bad comes first, with its evidence on one line and the cure below', () => {
  expect(findingsText([cores, fuse, account]).split('\n')).toEqual([
    'bad      account  no user 7',
    'missing  FUSE     opening /dev/fuse: ENOENT',
    '                  to change that: a device plug-in',
    'good     cores    2 usable',
  ]);
});

it('only what is bad makes the command fail, and the error names it', () => {
  expect(badNews([cores, fuse], 'here')).toBeUndefined();
  expect(badNews([cores, account], 'here')).toMatchObject({
    code: 'RuntimeFailed',
    message: '1 thing here would keep pilots from work: account',
  });
});
