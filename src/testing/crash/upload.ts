import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import type { PoolClient } from '#client/pool-client.ts';
import type { JobFile } from '#wire/file.ts';
import type { Diary } from './diary.ts';

/** Brings a file into the spool, and notes that the pool has acknowledged it. @throws GlideinError if it did not */
export async function upload(
  client: PoolClient,
  diary: Diary,
  name: string,
  content: Buffer,
): Promise<JobFile> {
  const digest = `sha256:${createHash('sha256').update(content).digest('hex')}`;
  const answer = await client.raw(`/v1/blobs/${digest}`, {
    method: 'PUT',
    body: Readable.from([content]),
    headers: { 'content-type': 'application/octet-stream', 'content-length': String(content.length) },
  });
  await answer.body.dump();
  diary.files.add(digest);
  return { name, digest, size: content.length, executable: false };
}
