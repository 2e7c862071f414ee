import type { JobView } from '#wire/jobs.ts';
import type { Autoformat } from './autoformat.ts';
import { type ListedJob, listed } from './job-table.ts';
import { jsonText } from './json-text.ts';
import type { Listing } from './listing.ts';
import { drained, print, type Terminal } from './terminal.ts';

/** Prints jobs in parts, as they arrive: a listing may be larger than memory. */
export interface JobListing {
  add(jobs: readonly JobView[]): Promise<void>;
  end(): void;
}

/** A table for people: its rows, and the lines below them. */
export interface JobRows {
  add(jobs: readonly ListedJob[]): string;
  end?(): string;
  /** What to say when there is no job at all; the head alone if absent. */
  readonly none?: string;
}

/** A listing in the requested format. */
export function jobListing(terminal: Terminal, output: Listing['output'], rows: JobRows): JobListing {
  if (output === 'json') return jsonListing(terminal);
  if (output === 'yaml') return yamlListing(terminal);
  return tableListing(terminal, rows);
}

/** One line per job: the values of expressions. */
export function valueListing(terminal: Terminal, format: Autoformat): JobListing {
  return {
    async add(jobs) {
      const rows = jobs.map((view) => ({ ad: listed(view).ad, job: view.id }));
      for (const line of format.lines(rows)) print(terminal, line);
      await drained(terminal);
    },
    end() {},
  };
}

/** Prints the same text as one JSON.stringify of the whole array. */
function jsonListing(terminal: Terminal): JobListing {
  let before = '[\n';
  return {
    async add(jobs) {
      for (const job of jobs) {
        terminal.out.write(`${before}${jsonText(job, 2).replace(/^/gm, '  ')}`);
        before = ',\n';
      }
      await drained(terminal);
    },
    end() {
      print(terminal, before === ',\n' ? '\n]' : '[]');
    },
  };
}

/** YAML sequences that follow one another form one sequence. */
function yamlListing(terminal: Terminal): JobListing {
  let isEmpty = true;
  return {
    async add(jobs) {
      if (jobs.length > 0) terminal.out.write((await import('./yaml-text.ts')).yamlText(jobs));
      isEmpty &&= jobs.length === 0;
      await drained(terminal);
    },
    end() {
      if (isEmpty) print(terminal, '[]');
    },
  };
}

function tableListing(terminal: Terminal, rows: JobRows): JobListing {
  let isEmpty = true;
  return {
    async add(jobs) {
      if (jobs.length === 0) return;
      isEmpty = false;
      print(terminal, rows.add(jobs.map(listed)));
      await drained(terminal);
    },
    end() {
      if (isEmpty) print(terminal, rows.none ?? rows.add([]));
      if (rows.end !== undefined) print(terminal, rows.end());
    },
  };
}
