import { readFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';

/** One line of the process table. A pid may be used again; a pid with its start time is unique. */
export interface ProcessEntry {
  readonly pid: number;
  readonly parent: number;
  readonly session: number;
  /** Clock ticks after boot. */
  readonly startedAt: string;
  readonly zombie: boolean;
}

/** Parses `/proc/PID/stat`. The name in parentheses may contain anything, even parentheses and blanks. */
export function parseStat(text: string): ProcessEntry | undefined {
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const [state, parent, , session] = fields;
  const startedAt = fields[19];
  const pid = Number.parseInt(text, 10);
  if (state === undefined || startedAt === undefined || Number.isNaN(pid)) return undefined;
  return { pid, parent: Number(parent), session: Number(session), startedAt, zombie: /[ZX]/.test(state) };
}

/** The parent of a process; undefined when the process has ended. */
export function parentOf(pid: number): number | undefined {
  try {
    return parseStat(readFileSync(`/proc/${pid}/stat`, 'latin1'))?.parent;
  } catch {
    return undefined;
  }
}

export async function processTable(): Promise<ProcessEntry[]> {
  const names = (await readdir('/proc')).filter((name) => /^[0-9]+$/.test(name));
  const entries = await Promise.all(
    names.map((name) => readFile(`/proc/${name}/stat`, 'utf8').then(parseStat, () => undefined)),
  );
  return entries.filter((entry) => entry !== undefined && !entry.zombie) as ProcessEntry[];
}

/** The processes of the session that `leader` leads, and all their descendants in any session. */
export function treeOf(leader: number, table: readonly ProcessEntry[]): ProcessEntry[] {
  const inside = new Set<number>([leader]);
  const tree: ProcessEntry[] = [];
  let grown = true;
  while (grown) {
    grown = false;
    for (const entry of table) {
      if (tree.includes(entry)) continue;
      if (entry.pid !== leader && entry.session !== leader && !inside.has(entry.parent)) continue;
      inside.add(entry.pid);
      tree.push(entry);
      grown = true;
    }
  }
  return tree;
}

const key = (entry: ProcessEntry) => `${entry.pid}@${entry.startedAt}`;

/** The entries whose processes are still alive: same pid, same start time. */
export function stillThere(entries: readonly ProcessEntry[], table: readonly ProcessEntry[]): ProcessEntry[] {
  const living = new Set(table.map(key));
  return entries.filter((entry) => living.has(key(entry)));
}
