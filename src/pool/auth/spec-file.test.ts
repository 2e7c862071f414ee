import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { GlideinError } from '#base/error.ts';
import { TokenIssuer } from '#testing/token-issuer.ts';
import { readPoolSpec } from './spec-file.ts';

const many = (word: string): string => Array.from({ length: 11 }, () => word).join(', ');

describe('the specification file of a pool', () => {
  let directory: string;
  let file: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'glidein-spec-'));
    file = join(directory, 'pool.json');
  });
  afterEach(() => rm(directory, { recursive: true }));

  const read = async (text: string) => {
    await writeFile(file, text);
    return readPoolSpec(file);
  };
  const entry = {
    issuer: 'https://one',
    audiences: ['pool'],
    roles: [{ claim: 'sub', value: 'a', role: 'Pilot' }],
  };

  it('a specification may be JSON or YAML, and need not name issuers', async () => {
    expect(await read('{}')).toMatchObject({ issuers: [], concurrencyLimits: [] });
    const { keys } = await TokenIssuer.make('https://one');
    const issuer = { ...entry, name: 'one', jwks: JSON.stringify(keys) };
    expect(await read(JSON.stringify({ issuers: [issuer] }))).toMatchObject({ issuers: [issuer] });
    expect(
      await read(
        'issuers:\n- name: one\n  issuer: https://one\n  audiences: [a]\n  roles: [{claim: sub, value: a, role: Admin}]\n',
      ),
    ).toMatchObject({
      issuers: [{ name: 'one' }],
    });
  });

  it.each([
    ['no JSON', '{"issuers": [}', 1, /./],
    ['an unknown field', '{\n"issuers": [], "more": 1}', 1, /more/],
    ['a field that is missing', '{"issuers": [\n{"name": "one"}]}', 2, /issuers\.0\.issuer/],
    [
      'a role that nobody knows',
      JSON.stringify(
        { issuers: [{ ...entry, name: 'one', roles: [{ claim: 'sub', value: 'a', role: 'King' }] }] },
        null,
        1,
      ),
      12,
      /issuers\.0\.roles\.0\.role/,
    ],
    [
      'malformed keys',
      JSON.stringify({ issuers: [{ ...entry, name: 'one', jwks: '{"keys":1}' }] }, null, 1),
      16,
      /issuers\.0\.jwks: jwks is not/,
    ],
    [
      'two of one name',
      JSON.stringify({
        issuers: [
          { ...entry, name: 'one' },
          { ...entry, name: 'one' },
        ],
      }),
      1,
      /issuers\.1\.name/,
    ],
    ['nothing', '', 1, /./],
    [
      'aliases without end',
      `a: &a [1,1,1,1,1,1,1,1,1,1,1]\nb: &b [${many('*a')}]\nc: [${many('*b')}]`,
      undefined,
      /alias/,
    ],
  ])('a bad specification is refused with the place: %s', async (_what, text, line, message) => {
    await expect(read(text)).rejects.toEqual(
      expect.objectContaining({
        code: 'InvalidArgument',
        message: expect.stringMatching(message),
        place: line === undefined ? { file } : expect.objectContaining({ file, line }),
      }),
    );
  });

  it('a specification file that does not exist is an error', async () => {
    await expect(readPoolSpec(file)).rejects.toMatchObject({ code: 'NotFound' });
  });

  it('whatever the file holds, a specification is refused with an error of ours', async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.string(), fc.json()), async (text) => {
        const found = await read(text).catch((error: unknown) => error);
        if (!(found instanceof GlideinError)) expect(found).toMatchObject({ issuers: expect.any(Array) });
      }),
      { numRuns: 200 },
    );
  });
});
