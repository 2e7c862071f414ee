import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import * as z from 'zod';
import { GlideinError } from '#base/error.ts';
import { digest, maxBlobBytes, uploadOffset } from '#wire/file.ts';
import { jobId, roomQuery } from '#wire/jobs.ts';
import { role } from '#wire/role.ts';
import type { AuditTrail } from '../audit/audit-trail.ts';
import type { Identity } from '../auth/tokens.ts';
import type { Job } from '../jobs/job.ts';
import { findJob, type JobSources } from '../queue/history.ts';
import type { Blobs } from '../spool/blobs.ts';
import type { FileQuota } from '../spool/file-quota.ts';
import type { Volume } from '../spool/volume.ts';
import { askedRange, beginningOf } from './byte-range.ts';
import { ownedJob } from './named-job.ts';
import type { Peeks } from './peeks.ts';
import type { Routes } from './route.ts';

/** The parts of the pool that these routes need. */
export interface BlobPool extends JobSources {
  readonly audit: Pick<AuditTrail, 'doer' | 'read'>;
  readonly blobs: Blobs;
  readonly volume: Pick<Volume, 'room'>;
  readonly quota: Pick<FileQuota, 'require' | 'begin' | 'uploaded'>;
}

const params = z.object({ digest });

/** For the audit: of which job the file is. */
const readQuery = z.object({ job: jobId.optional() });

/**
 * Routes for files by digest, and for output that a pilot uploads for a reader of a running job.
 * @param app of their own: nothing but files is read there
 */
export function blobRoutes(app: Routes, pool: BlobPool, peeks: Peeks): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/octet-stream', (_request, payload, done) => done(null, payload));
  app.addContentTypeParser('*', (_request, _payload, done) => done(noFile()));

  const read = {
    scope: 'compute.read' as const,
    summary: 'The content of a file',
    roles: role.options,
    answer: 'file' as const,
    errors: ['NotFound'] as const,
  };
  const readOptions = {
    schema: { params, querystring: readQuery },
    config: { door: read, act: 'download' as const },
  };
  app.get('/v1/blobs/:digest', readOptions, async (request, reply) => {
    const { digest } = request.params;
    await recordDownload(pool, request);
    const size = await pool.blobs.size(digest);
    const range = size === undefined ? undefined : askedRange(request.headers.range, size);
    const content = await pool.blobs.read(digest, range?.start, range?.end);
    reply.type('application/octet-stream').header('accept-ranges', 'bytes');
    if (range === undefined) return reply.header('content-length', size).send(content);
    return reply
      .code(206)
      .header('content-range', `bytes ${range.start}-${range.end}/${size}`)
      .header('content-length', range.end - range.start + 1)
      .send(content);
  });

  const look = {
    ...read,
    scope: undefined,
    summary: 'Whether the pool has a file; it is kept for a while from now on',
  };
  app.head('/v1/blobs/:digest', { schema: { params }, config: { door: look } }, async (request, reply) => {
    const { digest } = request.params;
    if ((await pool.blobs.size(digest)) !== undefined) return reply.code(200).send();
    const offset = await pool.blobs.partialSize(digest, uploaderOf(request.identity));
    return reply.code(404).header(uploadOffset, offset).send();
  });

  const room = {
    scope: 'compute.create' as const,
    summary: 'Whether there is room for inputs of this many bytes',
    roles: ['submitter'] as const,
    answer: 'nothing' as const,
    errors: ['NoSpace'] as const,
  };
  const asked = { schema: { querystring: roomQuery }, config: { door: room } };
  app.get('/v1/room', asked, async (request, reply) => {
    pool.quota.require(request.identity.subject, request.query.bytes);
    await pool.volume.room.require(request.query.bytes);
    return reply.code(204).send();
  });

  const put = {
    scope: 'compute.create' as const,
    summary:
      'Takes in a file, whose content must have this digest. What was cut off goes on with a Content-Range, from the Upload-Offset of a HEAD request on',
    roles: ['submitter', 'pilot'] as const,
    body: 'file' as const,
    answer: 'nothing' as const,
    errors: ['NoSpace', 'Conflict'] as const,
  };
  const upload = { bodyLimit: maxBlobBytes, schema: { params }, config: { door: put } };
  app.put('/v1/blobs/:digest', upload, async (request, reply) => {
    const { identity, headers } = request;
    const { digest } = request.params;
    const bytes = lengthOf(headers);
    if (bytes !== undefined && bytes > maxBlobBytes)
      throw new GlideinError('TooLarge', `a file may have at most ${maxBlobBytes} bytes, not ${bytes}`);
    const from = beginningOf(headers['content-range'], bytes);
    const by = uploaderOf(identity);
    const owner = identity.role === 'pilot' ? undefined : identity.subject;
    const left = () => pool.blobs.partialBytesBeside(digest, by);
    const share = owner === undefined ? undefined : await pool.quota.begin(owner, { from, bytes, left });
    const room = await pool.volume.room.admit({ owner, bytes }).catch((error: unknown) => {
      share?.end();
      throw error;
    });
    const wrote = async (so: number) => {
      share?.wrote(so);
      await room.wrote(so);
    };
    let kept = 0;
    try {
      kept = (await pool.blobs.put(digest, stream(request.body), wrote, { by, from })) - from;
      if (owner !== undefined) pool.quota.uploaded(owner, digest, kept + from);
    } catch (error) {
      kept = Math.max(0, (await pool.blobs.partialSize(digest, by)) - from);
      throw error;
    } finally {
      share?.end();
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

interface Download {
  readonly raw: IncomingMessage;
  readonly identity: Identity;
  readonly params: { readonly digest: string };
  readonly query: { readonly job?: string | undefined };
}

/** Users download results, and pilots the inputs of what they run: those are no news. */
async function recordDownload(pool: BlobPool, { raw, identity, params, query }: Download): Promise<void> {
  if (identity.role === 'pilot') return;
  const { digest } = params;
  const { job: name } = query;
  await pool.audit.read(pool.audit.doer(raw, identity), 'download', name ?? digest, async () => {
    const job = name === undefined ? undefined : await jobWith(pool, name, digest);
    return job === undefined
      ? { about: { object: digest } }
      : { about: { object: 'files' }, owned: ownedJob(job) };
  });
}

/** The job of this name, if the file is one of its results: the client may say anything. */
async function jobWith(pool: JobSources, name: string, digest: string): Promise<Job | undefined> {
  const [cluster = 0, proc = 0] = name.split('.').map(Number);
  const job = await findJob(pool, cluster, proc);
  const files = [...(job?.outputs ?? []), job?.stdout, job?.stderr];
  return files.some((file) => file?.digest === digest) ? job : undefined;
}

/** Two pilots of the same name, or a pilot and a user, are not the same. */
const uploaderOf = ({ role, subject, site = '' }: Identity): string => JSON.stringify([role, site, subject]);

const lengthOf = (headers: IncomingHttpHeaders): number | undefined =>
  headers['content-length'] === undefined ? undefined : Number(headers['content-length']);

function stream(body: unknown): Readable {
  if (body !== null && typeof body === 'object' && 'pipe' in body) return body as Readable;
  throw noFile();
}

const noFile = () =>
  new GlideinError('InvalidArgument', 'a file has the content type application/octet-stream');
