import { DatabaseSync } from 'node:sqlite';
import { parentPort, workerData } from 'node:worker_threads';

export interface BareThread {
  readonly file: string;
}

export interface BareRow {
  readonly kind: 'journal' | 'event' | 'history';
  readonly text: string;
}

const { file } = workerData as BareThread;
const database = new DatabaseSync(file);
database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
  CREATE TABLE journal (number INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT;
  CREATE TABLE event (number INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT;
  CREATE TABLE history (number INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT;`);
const insert = {
  journal: database.prepare('INSERT INTO journal (text) VALUES (?)'),
  event: database.prepare('INSERT INTO event (text) VALUES (?)'),
  history: database.prepare('INSERT INTO history (text) VALUES (?)'),
};

parentPort?.on('message', (rows: readonly BareRow[]) => {
  database.exec('BEGIN IMMEDIATE');
  for (const { kind, text } of rows) insert[kind].run(text);
  database.exec('COMMIT');
  parentPort?.postMessage(null);
});
