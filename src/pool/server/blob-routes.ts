import type { IncomingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';
import * as z from 'zod';
import { GlideinError } from '#base/error.ts';
import { digest, maxBlobBytes } from '#wire/file.ts';
import { roomQuery } from '#wire/jobs.ts';
import { role } from '#wire/role.ts';
import type { Blobs } from '../spool/blobs.ts';
import type { Volume } from '../spool/volume.ts';
import type { Peeks } from './peeks.ts';
import type { Routes } from './route.ts';

/** The parts of the pool that these routes need. */
export interface BlobPool {
  readonly blobs: Blobs;
  readonly volume: Pick<Volume, 'admit' | 'requireRoom'>;
}

const params = z.object({ digest });

/** Routes for files by digest, and for output that a pilot uploads for a reader of a running job. */
export function blobRoutes(app: Routes, pool: BlobPool, peeks: Peeks): void {
  app.addContentTypeParser('application/octet-stream', (_request, payload, done) => done(null, payload));

  const read = {
    summary: 'The content of a file',
    roles: role.options,
    answer: 'file' as const,
    errors: ['NotFound'] as const,
  };
  app.get('/v1/blobs/:digest', { schema: { params }, config: { door: read } }, async (request, reply) => {
    const content = await pool.blobs.read(request.params.digest);
    return reply.type('application/octet-stream').send(content);
  });

  const look = { ...read, summary: 'Whether the pool has a file; it is kept for a while from now on' };
  app.head('/v1/blobs/:digest', { schema: { params }, config: { door: look } }, async (request, reply) => {
    const size = await pool.blobs.size(request.params.digest);
    return reply.code(size === undefined ? 404 : 200).send();
  });

  const room = {
    summary: 'Whether there is room for inputs of this many bytes',
    roles: ['submitter'] as const,
    answer: 'nothing' as const,
    errors: ['NoSpace'] as const,
  };
  const asked = { schema: { querystring: roomQuery }, config: { door: room } };
  app.get('/v1/room', asked, async (request, reply) => {
    await pool.volume.requireRoom(request.query.bytes);
    return reply.code(204).send();
  });

  const put = {
    summary: 'Takes in a file, whose content must have this digest',
    roles: ['submitter', 'pilot'] as const,
    body: 'file' as const,
    answer: 'nothing' as const,
    errors: ['NoSpace'] as const,
  };
  const upload = { bodyLimit: maxBlobBytes, schema: { params }, config: { door: put } };
  app.put('/v1/blobs/:digest', upload, async (request, reply) => {
    const { role, subject } = request.identity;
    const room = await pool.volume.admit({
      owner: role === 'pilot' ? undefined : subject,
      bytes: lengthOf(request.headers),
    });
    let kept = 0;
    try {
      kept = await pool.blobs.put(request.params.digest, stream(request.body), (bytes) => room.wrote(bytes));
    } finally {
      await room.end(kept);
    }
    return reply.code(204).send();
  });

  const bring = {
    summary: 'What a running payload has printed, for a reader who waits for it',
    roles: ['pilot'] as const,
    body: 'file' as const,
    answer: 'nothing' as const,
    errors: ['NotFound'] as const,
  };
  app.put(
    '/v1/peeks/:id',
    {
      bodyLimit: maxBlobBytes,
      schema: { params: z.object({ id: z.string().max(64) }) },
      config: { door: bring },
    },
    async (request, reply) => {
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
