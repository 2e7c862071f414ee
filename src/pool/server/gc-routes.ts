import { GlideinError } from '#base/error.ts';
import { type GcAnswer, gcAnswer, gcQuery } from '#wire/gc.ts';
import type { AuditTrail } from '../audit/audit-trail.ts';
import type { Removable, Retention } from '../queue/retention.ts';
import type { Volume } from '../spool/volume.ts';
import type { Door, Routes } from './route.ts';

/** The parts of the pool that this route needs. */
export interface SweptPool {
  readonly retention: Pick<Retention, 'sweep' | 'trial'> | undefined;
  readonly audit: Pick<AuditTrail, 'doer' | 'record'>;
  readonly volume: Pick<Volume, 'look' | 'freeBytes' | 'sizeBytes'>;
}

const door: Door = {
  summary: 'Removes what nobody needs any more at once, or says what that is',
  roles: [],
  answer: gcAnswer,
  errors: ['Unsupported'],
};

/** The route with which an admin removes what a pool would remove by itself within minutes. */
export function gcRoutes(app: Routes, pool: SweptPool): void {
  const route = { schema: { querystring: gcQuery }, config: { door, act: 'gc' as const } };
  app.post('/v1/pool/gc', route, async (request): Promise<GcAnswer> => {
    const { retention, volume, audit } = pool;
    if (retention === undefined) throw new GlideinError('Unsupported', 'this pool keeps everything');
    if (!request.query.dryRun) await audit.record(audit.doer(request.raw, request.identity), 'gc');
    const removed: Removable = request.query.dryRun ? await retention.trial() : await retention.sweep();
    await volume.look();
    return {
      history: removed.history,
      files: removed.files,
      fileBytes: removed.fileBytes,
      freeBytes: volume.freeBytes,
      sizeBytes: volume.sizeBytes,
    };
  });
}
