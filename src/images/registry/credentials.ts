import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { describeError, GlideinError } from '#base/error.ts';
import { systemCode } from '#base/system-error.ts';
import type { Credentials } from './tokens.ts';

/** The file in which `docker login` and `podman login` keep credentials. A pull secret has the same content. */
const loginFile = z.object({
  auths: z
    .record(
      z.string(),
      z.object({
        auth: z.string().optional(),
        username: z.string().optional(),
        password: z.string().optional(),
      }),
    )
    .default({}),
});

/**
 * The files in which a user's credentials may be, in the order in which they are looked at.
 * @param environment DOCKER_CONFIG, XDG_RUNTIME_DIR
 */
export function loginFiles(
  environment: Readonly<Record<string, string | undefined>>,
  home: string,
): readonly string[] {
  const { DOCKER_CONFIG: docker, XDG_RUNTIME_DIR: runtime } = environment;
  return [
    ...(runtime === undefined ? [] : [join(runtime, 'containers', 'auth.json')]),
    join(docker === undefined || docker === '' ? join(home, '.docker') : docker, 'config.json'),
  ];
}

/**
 * The credentials for a registry, from the first file that has some.
 * @throws GlideinError InvalidArgument for a file that cannot be read
 */
export async function credentialsFor(
  registry: string,
  files: readonly string[],
): Promise<Credentials | undefined> {
  for (const file of files) {
    const text = await readFile(file, 'utf8').catch((error: unknown) => {
      if (systemCode(error) === 'ENOENT') return undefined;
      throw error;
    });
    const found = text === undefined ? undefined : credentialsIn(text, registry, file);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** @throws GlideinError InvalidArgument if it is no such file */
export function credentialsIn(text: string, registry: string, file: string): Credentials | undefined {
  const { auths } = readLogin(text, file);
  const entry = keysOf(registry)
    .map((key) => auths[key])
    .find((each) => each !== undefined);
  if (entry === undefined) return undefined;
  if (entry.username !== undefined && entry.password !== undefined)
    return { user: entry.username, password: entry.password };
  const [, user, password] =
    /^([^:]*):(.*)$/s.exec(Buffer.from(entry.auth ?? '', 'base64').toString('utf8')) ?? [];
  return user === undefined || password === undefined ? undefined : { user, password };
}

function readLogin(text: string, file: string): z.infer<typeof loginFile> {
  try {
    return loginFile.parse(JSON.parse(text));
  } catch (cause) {
    // What is in the file is secret, and a parser's message may quote it.
    const why = cause instanceof SyntaxError ? 'it is not JSON' : describeError(cause).split('\n', 1)[0];
    throw new GlideinError('InvalidArgument', `the file ${file} has no credentials that can be read: ${why}`);
  }
}

/** The keys under which a registry may be found: programs write host names, URLs, and for Docker Hub an old address. */
const keysOf = (registry: string): readonly string[] => [
  registry,
  `https://${registry}`,
  `https://${registry}/v1/`,
  `https://${registry}/v2/`,
  ...(registry === 'docker.io' ? ['https://index.docker.io/v1/', 'index.docker.io'] : []),
];
