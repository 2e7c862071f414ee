import { Readable } from 'node:stream';
import type { AuditTrail } from '../audit/audit-trail.ts';
import type { Backups } from '../queue/backups.ts';
import type { Blobs } from '../spool/blobs.ts';
import type { Door, Routes } from './route.ts';

/** The parts of the pool that these routes need. */
export interface BackedUpPool {
  readonly backups: Pick<Backups, 'make'>;
  readonly blobs: Pick<Blobs, 'all'>;
  readonly audit: Pick<AuditTrail, 'doer' | 'record'>;
}

const databaseDoor: Door = {
  summary: 'A copy of the database, made without a stop',
  roles: [],
  answer: 'file',
  errors: ['Conflict', 'NoSpace'],
};

const filesDoor: Door = {
  summary: 'All files that the pool keeps, one a line: digest and size',
  roles: [],
  answer: 'text',
};

/** Routes with which an admin copies what a pool keeps: first its database, then the files that the database may name. */
export function backupRoutes(app: Routes, pool: BackedUpPool): void {
  app.post('/v1/pool/backup', { config: { door: databaseDoor, act: 'backup' } }, async (request, reply) => {
    await pool.audit.record(pool.audit.doer(request.raw, request.identity), 'backup');
    const { content, bytes } = await pool.backups.make();
    return reply.type('application/vnd.sqlite3').header('content-length', bytes).send(content);
  });

  app.get('/v1/pool/files', { config: { door: filesDoor } }, (_request, reply) =>
    reply.type('text/plain').send(Readable.from(lines(pool.blobs.all()))),
  );
}

async function* lines(files: ReturnType<Blobs['all']>): AsyncGenerator<string> {
  for await (const { digest, size } of files) yield `${digest} ${size}\n`;
}
