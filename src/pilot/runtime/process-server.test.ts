import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ProcessServer } from './process-server.ts';

describe('what makes processes for a pilot', () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'glidein-server-'));
  });
  afterEach(async () => {
    await rm(directory, { recursive: true, force: true });
  });

  /** Stands for the program: it answers the first request with these lines. */
  async function server(lines: readonly string[], after = 'exec cat >/dev/null'): Promise<ProcessServer> {
    const program = join(directory, 'enter');
    const script = `#!/bin/sh\nhead -c 4 >/dev/null\nprintf '${lines.join('\\n')}\\n'\n${after}\n`;
    await writeFile(program, script, { mode: 0o755 });
    return new ProcessServer(program, { owner: directory });
  }

  const request = (command: readonly string[]) => ({
    streams: ['/dev/null', '/out', '/err'] as const,
    words: ['5', '0', '9', 'mount', 'proc', '/proc', 'proc', '14', '-', 'run', ...command],
    environment: new Map([['A', 'b']]),
  });

  it.each([
    [0, { code: 0, signal: null }],
    [7 << 8, { code: 7, signal: null }],
    [9, { code: null, signal: 'SIGKILL' }],
  ])('tells how a process ended whose status is %s, also if it ends at once', async (status, end) => {
    const payload = await (await server(['started 1 4000000', `ended 4000000 ${status}`])).start(
      request(['/a']),
    );
    expect(payload.pid).toBe(4_000_000);
    expect(await payload.exit).toEqual(end);
    expect(payload).toMatchObject({ exited: true, failure: undefined });
  });

  it.each([
    ['tells which process an outer one has started', ['running 4000000 4000001'], 4_000_001],
    ['tells that an outer process ended before it had started one', [], undefined],
  ])('%s, also when it hears twice of the outer one', async (_what, lines, child) => {
    const started = ['started 1 4000000', ...lines, 'started 1 4000000', 'ended 4000000 0'];
    const outer = await (await server(started)).start(request(['/a']));
    expect(await outer.child).toBe(child);
    expect(await outer.exit).toEqual({ code: 0, signal: null });
  });

  it('tells which word of a request could not be done', async () => {
    const lines = ['started 1 4000000', 'failed 4000000 4 1', `ended 4000000 ${255 << 8}`];
    const payload = await (await server(lines)).start(request(['/a']));
    await payload.exit;
    expect(payload.failure).toEqual({ word: 4, error: 1 });
  });

  it('ends processes with itself when it dies, and takes no more', async () => {
    const dying = await server(['started 1 4000000'], 'exit 3');
    const payload = await dying.start(request(['/a']));
    expect(await payload.exit).toEqual({ code: null, signal: 'SIGKILL' });
    expect(dying.isUp).toBe(false);
    await expect(dying.start(request(['/a']))).rejects.toThrow('is gone: it ended with 3');
  });

  it.each([
    ['is too long', ['x'.repeat(2 ** 20)]],
    ['has too many words', Array.from({ length: 2 ** 15 }, () => 'x')],
    ['contains a NUL character', ['a\0b']],
  ])('is not told a command that %s', async (_what, command) => {
    const up = await server([]);
    await expect(up.start(request(command))).rejects.toMatchObject({ code: 'InvalidArgument' });
    expect(up.isUp).toBe(true);
    up.finish();
    expect(up.isUp).toBe(false);
  });
});
