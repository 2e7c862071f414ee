import type { AuditRecord } from '#wire/audit.ts';
import { jsonText } from '../json-text.ts';
import type { Listing } from '../listing.ts';
import { GrowingTable } from '../table.ts';
import { print, type Terminal } from '../terminal.ts';
import { yamlText } from '../yaml-text.ts';
import { cursorOf } from './audit-wish.ts';

/** Prints records of the audit as they come. */
export interface AuditListing {
  add(records: readonly AuditRecord[], generation: string): void;
  /** @param shown how many there were */
  end(shown: number): void;
}

/** The most intervals of jobs in a table; -o wide shows all that are known. */
const mostIntervals = 3;

export function auditListing(terminal: Terminal, output: Listing['output']): AuditListing {
  if (output === 'json') return programListing(terminal, (record) => `${jsonText(record)}\n`);
  if (output === 'yaml') return programListing(terminal, (record) => yamlText([record]));
  const isWide = output === 'wide';
  const rows = new GrowingTable(isWide ? [...head, 'ROLE', 'CLIENT', 'REASON'] : head, {
    colour: terminal.colour,
  });
  return {
    add: (records) => {
      if (records.length > 0) print(terminal, rows.add(records.map((record) => cells(record, isWide))));
    },
    end: (shown) => {
      if (shown === 0) print(terminal, 'The audit has no such record.');
    },
  };
}

/** One record a line as JSON, or one entry of a list as YAML: however many follow, what was printed stays valid. */
function programListing(terminal: Terminal, text: (record: object) => string): AuditListing {
  return {
    add: (records, generation) => {
      for (const { at, firstAt, ...record } of records) {
        const cursor = cursorOf({ generation, seq: record.seq });
        const first = firstAt === undefined ? {} : { firstAt: new Date(firstAt).toISOString() };
        terminal.out.write(text({ cursor, at: new Date(at).toISOString(), ...record, ...first }));
      }
    },
    end: () => undefined,
  };
}

const head = ['WHEN', 'WHO', 'WHAT', 'ON', 'FROM'];

function cells(record: AuditRecord, isWide: boolean): string[] {
  const { at, subject, issuer, actor, role, what, denied, unfinished, from, agent, reason } = record;
  const vouched = issuer === undefined ? '' : ` (${issuer})`;
  const by = actor === undefined ? '' : ` by ${actor}`;
  const result = denied === true ? ' (denied)' : unfinished === true ? ' (cut off)' : '';
  const usual = [
    new Date(at)
      .toISOString()
      .replace('T', ' ')
      .replace(/\.\d+Z/, 'Z'),
    subject === undefined ? '-' : `${subject}${vouched}${by}`,
    `${what}${result}`,
    onWhat(record, isWide),
    from ?? '-',
  ];
  return isWide ? [...usual, role ?? '-', agent ?? '-', reason ?? ''] : usual;
}

/** `12.0-12.9 (10 jobs)`, `pilot-7@here`, or what else an act concerned. */
function onWhat(
  { jobs = [], count = 0, andMore, object, constraint, times }: AuditRecord,
  isWide: boolean,
): string {
  const shown = isWide ? jobs : jobs.slice(0, mostIntervals);
  const isCut = andMore === true || shown.length < jobs.length;
  const many = count === 1 ? '' : `(${count} jobs)`;
  const where = constraint === undefined ? '' : `where ${constraint}`;
  const more = times === undefined ? '' : `(${times} more)`;
  const named = [...shown, ...(isCut ? ['…'] : [])].join(',');
  return [object ?? '', named, count === 0 ? '' : many, where, more].filter((part) => part !== '').join(' ');
}
