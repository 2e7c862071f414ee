import { expect, test } from 'vitest';
import { answerWith, digestOf, failedTag, liveTag } from '#testing/image-set-scene.ts';
import { ImageNews } from './news.ts';

const notes = (news: ReturnType<ImageNews['of']>) => news.map(({ reason, note }) => `${reason} ${note}`);

test('Events tell when an image goes live, moves and fails, each once', () => {
  const news = new ImageNews();
  const first = answerWith([liveTag('a:1'), failedTag('a:2')]);
  expect(notes(news.of(first, true))).toEqual([
    'ImageFailed a:2: NotFound: the registry has no such tag',
    `Published a:1 for linux/amd64 leads to ${digestOf('a')}`,
  ]);
  expect(news.of(first, false)).toEqual([]);
  const moved = answerWith([liveTag('a:1', { digest: digestOf('d') }), failedTag('a:2', 'HTTP 503')]);
  expect(notes(news.of(moved, false))).toEqual([
    'ImageFailed a:2: NotFound: HTTP 503',
    `Published a:1 for linux/amd64 leads to ${digestOf('d')}`,
  ]);
});

test('an operator that starts does not tell again what another has told', () => {
  const news = new ImageNews();
  expect(news.of(answerWith([liveTag('a:1')]), false)).toEqual([]);
  expect(news.of(answerWith([liveTag('a:1'), liveTag('a:2')]), false)).toHaveLength(1);
});

test('a thousand images that go live at once cause six Events', () => {
  const all = answerWith(Array.from({ length: 1000 }, (_, index) => liveTag(`a:${index}`)));
  const told = new ImageNews().of(all, true);
  expect(told).toHaveLength(6);
  expect(told[5]?.note).toBe('995 more images are live; the status tells them');
});
