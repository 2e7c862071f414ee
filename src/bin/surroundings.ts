import { homedir, userInfo } from 'node:os';

/** What the system knows about the user of a command. Each of these may throw. */
interface System {
  readonly directory: () => string;
  readonly home: () => string;
  readonly account: () => { readonly username: string; readonly homedir: string };
  readonly uid: () => number | undefined;
}

const thisSystem: System = {
  directory: () => process.cwd(),
  home: homedir,
  account: () => userInfo(),
  uid: () => process.getuid?.(),
};

/**
 * Where a command runs, and for whom. In a container the user may have no account, and the directory may have been removed:
 * most commands work anyway.
 */
export function surroundings(
  environment: Readonly<Record<string, string | undefined>>,
  system: System = thisSystem,
): { readonly directory: string; readonly home: string; readonly user: string } {
  const account = tried(system.account);
  return {
    directory: tried(system.directory) ?? (environment.PWD || '/'),
    home: tried(system.home) || account?.homedir || '/',
    user: account?.username ?? nameIn(environment) ?? `uid${system.uid() ?? ''}`,
  };
}

const nameIn = ({ LOGNAME, USER }: Readonly<Record<string, string | undefined>>): string | undefined =>
  LOGNAME || USER || undefined;

function tried<T>(ask: () => T): T | undefined {
  try {
    return ask();
  } catch {
    return undefined;
  }
}
