import { GlideinError } from '#base/error.ts';

/** One thing that a user can set: by flag, else by environment variable, else the default. */
export interface Setting<T> {
  /** As the command line takes it, such as `lease`. */
  readonly flag: string;
  /** Its one-letter form, if it has one. */
  readonly short?: string;
  /** What stands for the value in the help, such as `DURATION`; none for a switch. */
  readonly argument?: string;
  readonly variable: string;
  /** The default as the user would write it; none when it is computed or absent. */
  readonly fallback?: string;
  readonly sentence: string;
  /** @throws GlideinError InvalidArgument */
  readonly read: (text: string) => T;
}

export type SettingTable = Readonly<Record<string, Setting<unknown>>>;

type Values<Table extends SettingTable> = {
  readonly [Name in keyof Table]:
    | ReturnType<Table[Name]['read']>
    | (Table[Name] extends { readonly fallback: string } ? never : undefined);
};

/**
 * The frozen values of a table's settings.
 * @param flags what the command line said, by flag
 * @throws GlideinError InvalidArgument naming the flag or variable that is wrong
 */
export function resolveSettings<const Table extends SettingTable>(
  table: Table,
  flags: Readonly<Record<string, string | boolean | undefined>>,
  environment: Readonly<Record<string, string | undefined>>,
): Values<Table> {
  const values: Record<string, unknown> = {};
  for (const [name, setting] of Object.entries(table)) {
    const flag = flags[name];
    const variable = environment[setting.variable];
    if (flag !== undefined) values[name] = readAs(setting, String(flag), `--${setting.flag}`);
    else if (variable !== undefined && variable !== '')
      values[name] = readAs(setting, variable, setting.variable);
    else if (setting.fallback !== undefined) values[name] = setting.read(setting.fallback);
  }
  return Object.freeze(values) as Values<Table>;
}

function readAs(setting: Setting<unknown>, text: string, source: string): unknown {
  try {
    return setting.read(text);
  } catch (error) {
    if (!(error instanceof GlideinError)) throw error;
    const detail = error.cure === undefined ? {} : { cure: error.cure };
    throw new GlideinError('InvalidArgument', `${source}: ${error.message}`, detail);
  }
}
