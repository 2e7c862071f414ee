/** One system call of a trace: its text, and the lines at which it began and was over. */
interface Call {
  readonly name: string;
  readonly text: string;
  readonly began: number;
  readonly over: number;
}

/** Something that may only be said once a journal record is on the disk. */
export interface Acknowledgement {
  /** A text that stands in no earlier record. */
  readonly record: string;
  /** Texts that stand together in no other message. */
  readonly says: readonly string[];
}

/** What a trace shows of an acknowledgement. */
export interface Durability {
  /** Whether the record was written to the write-ahead log. */
  readonly written: boolean;
  /** Whether the message was sent. */
  readonly said: boolean;
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

/** The file of a call's descriptor, as `-yy` shows it. */
const fileOf = ({ text }: Call): string => /^\d+<([^>]*)>/.exec(text)?.[1] ?? '';

const isLog = (file: string): boolean => file.endsWith('/pool.db-wal');

/** strace prints quotes with backslashes. */
const escaped = (text: string): string => text.replaceAll('"', '\\"');

/** What `strace -f -yy` has seen of a pool, if it was told to trace the calls that write, rename and sync. */
export class SyscallTrace {
  readonly #calls: readonly Call[];

  constructor(trace: string) {
    this.#calls = callsOf(trace);
  }

  /** Looks whether a record was on the disk before the first message that speaks of it. */
  durability({ record, says }: Acknowledgement): Durability {
    const written = this.#written(isLog, record);
    const said = this.#said(says);
    return {
      written: written !== undefined,
      said: said !== undefined,
      synced: written !== undefined && said !== undefined && this.#isSynced(isLog, written, said),
    };
  }

  /**
   * Looks whether a file of the spool was on the disk, and its name too, before its upload was answered.
   * @param content what stands in the file
   */
  durabilityOfFile(content: string, digest: string, says: readonly string[]): Durability {
    const hex = digest.slice('sha256:'.length);
    const said = this.#said(says);
    const written = this.#written((file) => file.includes('/incoming/'), content);
    const named = this.#calls.find(({ name, text }) => name.startsWith('rename') && text.includes(hex));
    const folder = new RegExp(`/blobs/${hex.slice(0, 2)}$`);
    return {
      written: written !== undefined && named !== undefined,
      said: said !== undefined,
      synced:
        written !== undefined &&
        named !== undefined &&
        said !== undefined &&
        this.#isSynced((file) => file === fileOf(written), written, named) &&
        this.#isSynced((file) => folder.test(file), named, said),
    };
  }

  /** Whether a file, or a folder, was synced before the first message with these texts. @param path how its name ends */
  isSyncedBefore(path: string, says: readonly string[]): boolean {
    const said = this.#said(says);
    const start = { name: '', text: '', began: -1, over: -1 };
    return said !== undefined && this.#isSynced((file) => file.endsWith(path), start, said);
  }

  #written(where: (file: string) => boolean, text: string): Call | undefined {
    return this.#calls.find((call) => !isSync(call) && where(fileOf(call)) && hasAll(call, [text]));
  }

  #said(texts: readonly string[]): Call | undefined {
    return this.#calls.find((call) => fileOf(call).startsWith('TCP') && hasAll(call, texts));
  }

  #isSynced(where: (file: string) => boolean, after: Call, before: Call): boolean {
    return this.#calls.some(
      (call) => isSync(call) && where(fileOf(call)) && call.began > after.over && call.over < before.began,
    );
  }
}

const hasAll = ({ text }: Call, texts: readonly string[]): boolean =>
  texts.every((each) => text.includes(escaped(each)));
