import { expect, it } from 'vitest';
import { type TransferFailure, Transfers, type UrlTransfer } from './transfers.ts';
import { UrlFailure } from './url-failure.ts';

/** Transfers that write down who was asked for what. */
function recorded(more: { readonly fail?: Error; readonly withoutFiles?: boolean } = {}) {
  const said: string[] = [];
  const note = (line: string) => {
    said.push(line);
    if (more.fail !== undefined) throw more.fail;
  };
  const fetch = (by: string) => async (url: string, _path: string, most: number) => {
    note(`${by} ${url} ${most}`);
    return 10;
  };
  const send = (by: string) => async (_path: string, url: string) => note(`${by} ${url}`);
  const names = (transfers: readonly UrlTransfer[]) => transfers.map(({ url }) => url).join(' ');
  const plugIn = {
    program: '/p',
    fetch: async (transfers: readonly UrlTransfer[]) => note(`plug-in ${names(transfers)}`),
    send: async (transfers: readonly UrlTransfer[]) => note(`plug-in ${names(transfers)}`),
  };
  const transfers = new Transfers({
    fetcher: { fetch: fetch('http') },
    sender: { send: send('http') },
    files: more.withoutFiles === true ? undefined : { fetch: fetch('file'), send: send('file') },
    plugIns: new Map([
      ['osdf', plugIn],
      ['https', plugIn],
    ]),
  });
  return { said, transfers };
}

const never = new AbortController().signal;
const job = { directory: '/none', variables: {} };
const of = (...urls: string[]) => urls.map((url) => ({ url, path: `/none/${url}` }));

it('each URL goes to what knows its scheme: a plug-in first, which gets all of its own at once', async () => {
  const { said, transfers } = recorded();
  await transfers.fetch(
    of('http://a', 'OSDF:///b', 'file:///c', 'https://d', 'http://e'),
    '/none',
    100,
    job,
    never,
  );
  expect(said).toEqual([
    'http http://a 100',
    'plug-in OSDF:///b https://d',
    'file file:///c 100',
    'http http://e 90',
  ]);
  said.length = 0;
  await transfers.send(of('osdf:///a', 'http://b', 'file:///c'), job, never);
  expect(said).toEqual(['plug-in osdf:///a', 'http http://b', 'file file:///c']);
});

it('a scheme that nothing knows fails before anything is transferred, and names what is known', async () => {
  const { said, transfers } = recorded({ withoutFiles: true });
  const failure = {
    url: 'file:///b',
    message: 'this pilot transfers http://, https://, osdf://, and not file://',
  };
  await expect(transfers.fetch(of('http://a', 'file:///b'), '/none', 1, job, never)).rejects.toMatchObject(
    failure,
  );
  await expect(transfers.send(of('http://a', 'file:///b'), job, never)).rejects.toMatchObject(failure);
  expect(said).toEqual([]);
});

it('a failure names the URL, and plug-ins are needed for theirs only', async () => {
  const { transfers } = recorded({ fail: new UrlFailure('no', false) });
  const failure: Partial<TransferFailure> = { name: 'TransferFailure', url: 'http://a', message: 'no' };
  await expect(transfers.send(of('http://a'), job, never)).rejects.toMatchObject(failure);
  expect(transfers.usesPlugIns(['http://a', 'file:///b'])).toBe(false);
  expect(transfers.usesPlugIns(['http://a', 'https://b'])).toBe(true);
});
