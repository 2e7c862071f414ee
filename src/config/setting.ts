import { GlideinError } from '#base/error.ts';

/** One setting: its value comes from the flag, else from the environment variable, else from the default. */
export interface Setting<T> {
  /** As the command line takes it, such as `lease`. */
  readonly flag: string;
  /** Its one-letter form, if it has one. */
  readonly short?: string;
  /** The placeholder for the value in the help, such as `DURATION`; absent for a switch. */
  readonly argument?: string;
  readonly variable: string;
  /** The default as the user would write it; absent when there is none or it is computed. */
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
 * Resolves the settings of a table and freezes their values.
 * @param flags what the command line gave, by the name in the table
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
