import { type Command, Option } from 'commander';
import type { SettingTable } from '#config/setting.ts';

/** Adds a table's settings to a command; their values arrive in `opts()` under the table's names. */
export function addSettings(command: Command, table: SettingTable): Command {
  for (const [name, setting] of Object.entries(table)) {
    const short = setting.short === undefined ? '' : `-${setting.short}, `;
    const argument = setting.argument === undefined ? '' : ` <${setting.argument}>`;
    const flags = `${short}--${setting.flag}${argument}`;
    const fallback = setting.fallback === undefined ? '' : ` Default: ${setting.fallback}.`;
    const option = new Option(flags, `${setting.sentence}${fallback} [${setting.variable}]`);
    option.attributeName = () => name;
    command.addOption(option);
  }
  return command;
}
