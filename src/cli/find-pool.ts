import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { GlideinError } from '#base/error.ts';
import { PoolClient } from '#client/pool-client.ts';
import { clientTable } from '#config/client-table.ts';
import { resolveSettings } from '#config/setting.ts';
import { clusterPool, isClusterPool } from './cluster-pool.ts';
import type { Terminal } from './terminal.ts';

const endpoint = z.object({ url: z.string(), tokenFile: z.string() });

/** Where `glidein up` keeps its state unless told otherwise. */
export const defaultState = (terminal: Pick<Terminal, 'environment' | 'home'>): string =>
  join(terminal.environment.XDG_STATE_HOME ?? join(terminal.home, '.local', 'state'), 'glidein');

/**
 * A client of the pool that flags and variables name, or of the local one.
 * @throws GlideinError Unavailable when no pool is named and none runs here, InvalidArgument for half a name
 */
export async function findPool(
  flags: Record<string, string | boolean | undefined>,
  terminal: Terminal,
): Promise<PoolClient> {
  const settings = resolveSettings(clientTable, flags, terminal.environment);
  const { pool, account, context } = settings;
  if (pool !== undefined && isClusterPool(pool)) return clusterPool({ pool, account, context });
  if (pool !== undefined) return named(pool, settings.tokenFile);
  const state = settings.state ?? defaultState(terminal);
  const text = await readFile(join(state, 'endpoint.json'), 'utf8').catch(() => undefined);
  if (text === undefined) {
    throw new GlideinError('Unavailable', `no pool runs here (nothing in ${state})`, {
      cure: 'start one with `glidein up -f DIR`, or name one with --pool or GLIDEIN_POOL',
    });
  }
  const { url, tokenFile } = endpoint.parse(JSON.parse(text));
  return named(url, settings.tokenFile ?? tokenFile);
}

function named(url: string, tokenFile: string | undefined): PoolClient {
  if (!URL.canParse(url) || !/^https?:/.test(url)) {
    throw new GlideinError('InvalidArgument', `"${url}" is not the address of a pool`, {
      cure: 'write one such as http://127.0.0.1:9618, or NAMESPACE/NAME of a GlideinPool',
    });
  }
  if (tokenFile === undefined) {
    throw new GlideinError('Unauthenticated', 'a pool was named but no token', {
      cure: 'name the file with your token: --token-file or GLIDEIN_TOKEN_FILE',
    });
  }
  return new PoolClient({ url, token: () => readToken(tokenFile) });
}

async function readToken(file: string): Promise<string> {
  try {
    return (await readFile(file, 'utf8')).trim();
  } catch (cause) {
    throw new GlideinError('Unauthenticated', `the token file ${file} cannot be read`, { cause });
  }
}
