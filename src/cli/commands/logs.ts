import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Command } from 'commander';
import { systemClock } from '#base/clock.ts';
import { isCode } from '#base/error.ts';
import { sleep } from '#base/sleep.ts';
import type { PoolClient } from '#client/pool-client.ts';
import { findPool } from '../find-pool.ts';
import type { Terminal } from '../terminal.ts';

export function logsCommand(program: Command, terminal: Terminal): void {
  program
    .command('logs')
    .argument('<job>', 'a job such as 12.3')
    .summary('print what a job has written')
    .description(
      'Prints what a job has written to its standard output so far, while it runs or after its end.',
    )
    .option('--err', 'its standard error instead')
    .option('-f, --follow', 'go on until the job has ended')
    .action(async (job: string, _options, command: Command) => {
      const flags = command.optsWithGlobals();
      const client = await findPool(flags, terminal);
      const stream = flags.err === true ? 'stderr' : 'stdout';
      let offset = 0;
      for (;;) {
        const piece = await copy(client, `/v1/jobs/${job}/logs/${stream}`, offset, terminal);
        offset += piece.bytes;
        if (flags.follow !== true || piece.final || terminal.signal.aborted) break;
        await sleep(systemClock, 500, terminal.signal);
      }
      await client.close();
    });
}

/** Copies what came since `offset`. `final`: the job does not run, so nothing more comes of this try. */
async function copy(
  client: PoolClient,
  path: string,
  offset: number,
  terminal: Terminal,
): Promise<{ bytes: number; final: boolean }> {
  try {
    const answer = await client.raw(path, { query: { offset }, signal: terminal.signal });
    let bytes = 0;
    const sink = new Writable({
      write(chunk: Buffer, _encoding, done) {
        bytes += chunk.length;
        terminal.out.write(chunk, () => done());
      },
    });
    await pipeline(answer.body, sink);
    return { bytes, final: answer.headers['x-glidein-final'] === 'true' };
  } catch (error) {
    // A pilot on its way back to the pool: what it has will still come.
    if (isCode(error, 'Unavailable') || isCode(error, 'Timeout'))
      return { bytes: 0, final: offset === 0 && rethrow(error) };
    throw error;
  }
}

function rethrow(error: unknown): never {
  throw error;
}
