/** One system call of a trace: the lines at which it began and was over. */
interface Call {
  readonly name: string;
  readonly text: string;
  readonly began: number;
  readonly over: number;
}

/** What to look for in a trace of a pool that took one submit. */
export interface SubmitTrace {
  /** Whether the journal record with the submit's key was written to the write-ahead log. */
  readonly written: boolean;
  /** Whether the answer was written to the client. */
  readonly answered: boolean;
  /** Whether between those two a sync of that log began and was over. */
  readonly synced: boolean;
}

const callPattern = /^(\d+)\s+(\w+)\((.*)$/;
const resumedPattern = /^(\d+)\s+<\.\.\. (\w+) resumed>/;

/** The calls of `strace -f` output; one that another thread interrupted has its two halves joined. */
function callsOf(trace: string): Call[] {
  const open = new Map<string, { name: string; text: string; began: number }>();
  const calls: Call[] = [];
  for (const [line, text] of trace.split('\n').entries()) {
    const resumed = resumedPattern.exec(text);
    const begun = resumed === null ? callPattern.exec(text) : null;
    if (resumed !== null) {
      const first = open.get(`${resumed[1]} ${resumed[2]}`);
      if (first !== undefined) calls.push({ ...first, over: line });
    } else if (begun !== null) {
      const [, pid, name = '', args = ''] = begun;
      if (args.includes('<unfinished ...>')) open.set(`${pid} ${name}`, { name, text: args, began: line });
      else calls.push({ name, text: args, began: line, over: line });
    }
  }
  return calls;
}

const isSync = ({ name }: Call): boolean => name === 'fsync' || name === 'fdatasync';
const onLog = ({ text }: Call): boolean => /^\d+<[^>]*\/pool\.db-wal>/.test(text);

/**
 * Looks whether a submit was on the disk before it was answered.
 * @param trace output of `strace -f -yy -s 8192` with the calls that write and sync
 * @param key of the submit, which stands in its journal record
 */
export function readSubmitTrace(trace: string, key: string): SubmitTrace {
  const calls = callsOf(trace);
  const written = calls.find((call) => !isSync(call) && onLog(call) && call.text.includes(key));
  const answered = calls.find(({ text }) => /HTTP\/1\.1 200/.test(text) && /\\"cluster\\":\d/.test(text));
  const synced =
    written !== undefined &&
    answered !== undefined &&
    calls.some(
      (call) => isSync(call) && onLog(call) && call.began > written.over && call.over < answered.began,
    );
  return { written: written !== undefined, answered: answered !== undefined, synced };
}
