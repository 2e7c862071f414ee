import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { GlideinError } from '#base/error.ts';
import { PoolClient } from '#client/pool-client.ts';
import { clientTable } from '#config/client-table.ts';
import { resolveSettings } from '#config/setting.ts';
import { clusterPool, isClusterPool } from './cluster-pool.ts';
import type { Terminal } from './terminal.ts';
import { defaultState } from './user-directories.ts';

const endpointShape = z.object({ url: z.string(), tokenFile: z.string() });

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
  if (pool === undefined || isPoolOfUp(flags, terminal)) {
    const tokenFile = flags.tokenFile === undefined ? undefined : settings.tokenFile;
    return localPool(settings.state ?? defaultState(terminal), tokenFile);
  }
  return isClusterPool(pool) ? clusterPool({ pool, account, context }) : named(pool, settings.tokenFile);
}

/** Whether the command line means the pool of `glidein up`, which delivers results by itself. Flags win over the environment. */
export function isPoolOfUp(
  flags: Record<string, string | boolean | undefined>,
  { environment }: Pick<Terminal, 'environment'>,
): boolean {
  const { pool } = resolveSettings(clientTable, flags, environment);
  return pool === undefined || (flags.state !== undefined && flags.pool === undefined);
}

async function localPool(state: string, tokenFile: string | undefined): Promise<PoolClient> {
  const text = await readFile(join(state, 'endpoint.json'), 'utf8').catch(() => undefined);
  if (text === undefined) {
    throw new GlideinError('Unavailable', `no pool runs here (looked in ${state})`, {
      cure: 'start one with `glidein up -f DIR`, or name one with --pool or GLIDEIN_POOL',
    });
  }
  const endpoint = readEndpoint(text, state);
  return named(endpoint.url, tokenFile ?? endpoint.tokenFile);
}

function readEndpoint(text: string, state: string): z.infer<typeof endpointShape> {
  try {
    return endpointShape.parse(JSON.parse(text));
  } catch (cause) {
    throw new GlideinError('Unavailable', `${join(state, 'endpoint.json')} does not say where a pool is`, {
      cause,
      cure: 'start `glidein up` again, or name a pool with --pool or GLIDEIN_POOL',
    });
  }
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
  const text = await readTokenFile(file);
  // A character that no HTTP header may contain would otherwise be reported as a network error.
  if (/^[\x21-\x7e]+$/.test(text)) return text;
  const what = text === '' ? 'is empty' : 'does not contain a token';
  throw new GlideinError('Unauthenticated', `the token file ${file} ${what}`, {
    cure: 'put exactly one token into it, on one line, or name another file with --token-file or GLIDEIN_TOKEN_FILE',
  });
}

async function readTokenFile(file: string): Promise<string> {
  try {
    return (await readFile(file, 'utf8')).trim();
  } catch (cause) {
    throw new GlideinError('Unauthenticated', `the token file ${file} cannot be read`, {
      cause,
      cure: 'name another with --token-file or GLIDEIN_TOKEN_FILE',
    });
  }
}
