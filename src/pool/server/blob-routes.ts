import type { IncomingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import { GlideinError } from '#base/error.ts';
import { digest, maxBlobBytes } from '#wire/file.ts';
import { roomQuery } from '#wire/jobs.ts';
import { requireRole } from '../auth/access.ts';
import type { Blobs } from '../spool/blobs.ts';
import type { Volume } from '../spool/volume.ts';
import type { Peeks } from './peeks.ts';
import { parseBody } from './request.ts';

/** The parts of the pool that these routes need. */
export interface BlobPool {
  readonly blobs: Blobs;
  readonly volume: Pick<Volume, 'admit' | 'requireRoom'>;
}

interface Digest {
  Params: { digest: string };
}

/** Routes for files by digest, and for output that a pilot uploads for a reader of a running job. */
export function blobRoutes(app: FastifyInstance, pool: BlobPool, peeks: Peeks): void {
  app.addContentTypeParser('application/octet-stream', (_request, payload, done) => done(null, payload));

  app.get<Digest>('/v1/blobs/:digest', async (request, reply) => {
    const content = await pool.blobs.read(parseBody(digest, request.params.digest));
    return reply.type('application/octet-stream').send(content);
  });

  app.head<Digest>('/v1/blobs/:digest', async (request, reply) => {
    const size = await pool.blobs.size(parseBody(digest, request.params.digest));
    return reply.code(size === undefined ? 404 : 200).send();
  });

  app.get('/v1/room', async (request, reply) => {
    requireRole(request.identity, 'submitter');
    await pool.volume.requireRoom(parseBody(roomQuery, request.query).bytes);
    return reply.code(204).send();
  });

  app.put<Digest>('/v1/blobs/:digest', { bodyLimit: maxBlobBytes }, async (request, reply) => {
    requireRole(request.identity, 'submitter', 'pilot');
    const { role, subject } = request.identity;
    const room = await pool.volume.admit({
      owner: role === 'pilot' ? undefined : subject,
      bytes: lengthOf(request.headers),
    });
    let kept = 0;
    try {
      kept = await pool.blobs.put(parseBody(digest, request.params.digest), stream(request.body), (bytes) =>
        room.wrote(bytes),
      );
    } finally {
      await room.end(kept);
    }
    return reply.code(204).send();
  });

  app.put<{ Params: { id: string } }>(
    '/v1/peeks/:id',
    { bodyLimit: maxBlobBytes },
    async (request, reply) => {
      requireRole(request.identity, 'pilot');
      const content = stream(request.body);
      const closed = new Promise((resolve) => content.once('close', resolve));
      peeks.bring(request.params.id, request.identity.subject, content);
      await closed;
      return reply.code(204).send();
    },
  );
}

const lengthOf = (headers: IncomingHttpHeaders): number | undefined =>
  headers['content-length'] === undefined ? undefined : Number(headers['content-length']);

function stream(body: unknown): Readable {
  if (body !== null && typeof body === 'object' && 'pipe' in body) return body as Readable;
  throw new GlideinError('InvalidArgument', 'a file has the content type application/octet-stream');
}
