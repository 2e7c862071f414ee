import { existsSync } from 'node:fs';
import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { PartialUploads } from './partial-uploads.ts';

it('a sweep removes no part of an upload that goes on with it, at whatever moment that begins', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'glidein-partial-'));
  const digest = `sha256:${'a'.repeat(64)}`;
  const partial = new PartialUploads(directory);
  const path = partial.take(digest, 'alice') ?? '';
  partial.giveBack(path);
  for (let turns = 0; turns < 40; turns += 1) {
    await writeFile(path, 'x');
    await utimes(path, 1, 1);
    const swept = partial.sweep(Date.now());
    for (let turn = 0; turn < turns; turn += 1) await nextTurn();
    const wasThere = existsSync(path);
    const taken = partial.take(digest, 'alice');
    await swept;
    expect({ turns, isLost: taken !== undefined && wasThere && !existsSync(path) }).toEqual({
      turns,
      isLost: false,
    });
    if (taken !== undefined) partial.giveBack(taken);
  }
  await rm(directory, { recursive: true });
});
