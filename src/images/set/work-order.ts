import * as z from 'zod';
import type { Clock } from '#base/clock.ts';
import { type ErrorCode, errorCatalogue, GlideinError } from '#base/error.ts';
import { systemCode } from '#base/system-error.ts';
import { expandImage } from '../publish/expand-image.ts';
import { imageRecord } from '../tree/image-record.ts';
import { verifyImage } from '../tree/verify.ts';

/** What is done in a process of its own, which one image can neither fill the memory of others with, nor hold them up in. */
export const workOrder = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('expand'),
    files: z.object({
      digest: z.string(),
      reference: z.string(),
      config: z.string(),
      layers: z.array(z.string()),
    }),
    tree: z.string(),
    limits: z.object({ entries: z.number(), bytes: z.number(), reserve: z.number().optional() }),
  }),
  z.object({ kind: z.literal('verify'), directory: z.string(), digest: z.string() }),
]);

export type WorkOrder = z.infer<typeof workOrder>;

const failure = z.object({ code: z.string(), message: z.string(), isSystem: z.boolean() });

/** What became of an order. */
export const workAnswer = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('expanded'),
    image: z.object({ tree: z.string(), contents: z.string(), record: imageRecord }),
  }),
  z.object({ kind: z.literal('verified'), differences: z.array(z.string()) }),
  z.object({ kind: z.literal('failed'), failure }),
]);

export type WorkAnswer = z.infer<typeof workAnswer>;

/** Does what an order says. It never rejects: what has failed is in the answer. */
export async function doWork(order: WorkOrder, clock: Clock, signal: AbortSignal): Promise<WorkAnswer> {
  try {
    if (order.kind === 'verify')
      return {
        kind: 'verified',
        differences: [...(await verifyImage(order.directory, order.digest, false, signal))],
      };
    const image = await expandImage(order.files, order.tree, { limits: order.limits, clock }, signal);
    return { kind: 'expanded', image };
  } catch (error) {
    return { kind: 'failed', failure: failureOf(error) };
  }
}

function failureOf(error: unknown): z.infer<typeof failure> {
  if (error instanceof GlideinError) return { code: error.code, message: error.describe(), isSystem: false };
  const message = error instanceof Error ? error.message : String(error);
  const code = systemCode(error);
  return { code: code ?? 'Internal', message, isSystem: code !== undefined };
}

/** The error that an answer tells of, as it was thrown. */
export function errorOf({ code, message, isSystem }: z.infer<typeof failure>): Error {
  if (isSystem) return Object.assign(new Error(message), { code, syscall: 'write' });
  return new GlideinError(code in errorCatalogue ? (code as ErrorCode) : 'Internal', message);
}
