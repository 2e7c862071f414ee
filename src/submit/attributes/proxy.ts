import { type Producer, quote, type Read } from './given-value.ts';
import { pathFrom, workingDirectory } from './job-directory.ts';

/** What determines where the submitter's proxy certificate is. */
export interface ProxyWorld {
  readonly directory: string;
  readonly environment: Readonly<Record<string, string>>;
  /** The submitter's uid, which is part of the name of the default proxy. */
  readonly userId?: number;
}

export const proxyCommands = ['x509userproxy', 'use_x509userproxy', 'initialdir'] as const;

/**
 * The path of the proxy certificate that travels with the job: the one that is named or, with `use_x509userproxy`, the one
 * that grid programs use by default. Undefined for a job without a proxy.
 */
export function proxyOf(read: Read, { directory, environment, userId }: ProxyWorld): string | undefined {
  const named = read('x509userproxy');
  if (named !== undefined) return pathFrom(workingDirectory(read, directory), named.unquoted());
  const wanted = read('use_x509userproxy');
  if (wanted?.boolean() !== true) return undefined;
  const usual = environment.X509_USER_PROXY ?? (userId === undefined ? undefined : `/tmp/x509up_u${userId}`);
  if (usual !== undefined && usual !== '') return pathFrom(workingDirectory(read, directory), usual);
  throw wanted.fault('X509_USER_PROXY names no proxy', 'write x509userproxy = PATH');
}

/** The attribute `x509userproxy`; a missing proxy is reported where it is named. */
export function proxy(world: ProxyWorld, sizeOf?: (path: string) => number | undefined): Producer {
  return {
    reads: proxyCommands,
    make(read) {
      const path = proxyOf(read, world);
      if (path === undefined) return {};
      const value = read('x509userproxy') ?? read('use_x509userproxy');
      if (sizeOf !== undefined && sizeOf(path) === undefined && value !== undefined)
        throw value.fault(`there is no proxy ${path}`, 'make one with voms-proxy-init or grid-proxy-init');
      return { x509userproxy: quote(path) };
    },
  };
}
