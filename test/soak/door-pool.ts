import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadOrCreateKey, mintToken } from '#pool/auth/tokens.ts';
import { PoolCommand } from '#testing/pool-command.ts';
import type { Role } from '#wire/role.ts';

/** A pool in its own process and directory, and tokens for it. */
export interface DoorPool {
  readonly url: string;
  readonly pid: number;
  readonly token: (role: Role, subject: string) => Promise<string>;
}

/** Runs `work` against a pool that ends, and whose directory is removed, whatever happens. */
export async function withPool<T>(work: (pool: DoorPool) => Promise<T>): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), 'glidein-doors-'));
  try {
    const key = await loadOrCreateKey(join(directory, 'pool.key'));
    const pool = await PoolCommand.start({
      directory,
      // Little memory, so that whatever is not bounded ends the pool.
      under: ['env', 'NODE_OPTIONS=--max-old-space-size=384'],
    });
    try {
      return await work({
        url: pool.url,
        pid: pool.child.pid ?? 0,
        token: (role, subject) => mintToken(key, { subject, role }, 3600),
      });
    } finally {
      await pool.end('SIGTERM');
    }
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
