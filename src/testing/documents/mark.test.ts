import { expect, test } from 'vitest';
import { blocksIn, markOf } from './mark.ts';

const block = (comment: string | undefined, language = 'sh') => ({
  file: 'a.md',
  line: 3,
  language,
  comment,
  text: 'true\n',
});

test('a mark says where commands run, or why they do not', () => {
  expect(markOf(block('run: cluster, first'))).toEqual({ run: 'cluster, first' });
  expect(markOf(block('not run: it needs a registry'))).toEqual({ notRun: 'it needs a registry' });
});

test.each([undefined, 'run: nowhere', 'run', 'not run:', 'not run: no'])(
  'the mark "%s" is refused with its place and the marks that there are',
  (comment) => {
    expect(() => markOf(block(comment))).toThrow(/^a\.md:3: .*<!-- run: files \| up .*not run: REASON/);
  },
);

test('blocks without commands need no mark', () => {
  const [up, files] = [block('run: up'), block('run: files', 'console')];
  expect(blocksIn([block(undefined, 'yaml'), up, files], ['files'])).toEqual([files]);
});
