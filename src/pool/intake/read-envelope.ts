import * as z from 'zod';
import { describeError, GlideinError } from '#base/error.ts';
import {
  longestKey,
  maxProcs,
  type SeriesRequest,
  type SubmitRequest,
  seriesRequest,
  shortestKey,
  submitRequest,
} from '#wire/jobs.ts';
import { forbiddenName } from './attribute-names.ts';
import { type BodyScanner, notJson } from './body-scanner.ts';
import { areTexts, isFields, parseAs } from './read-proc.ts';

/** A submit without the list of its procs. */
export type Envelope = Omit<SubmitRequest, 'procs'> & { readonly series?: SeriesRequest['procs'] };

const withList = submitRequest.extend({ procs: z.array(z.unknown()).max(maxProcs) });

/**
 * The part of a submit that is not its list of procs.
 * @param found what was found of the list
 * @throws GlideinError InvalidArgument naming the field
 */
export function readEnvelope(text: string, found: Pick<BodyScanner, 'hasList' | 'count'>): Envelope {
  const body = parsed(text);
  if (Object.hasOwn(fieldsOf(fieldsOf(body)['cluster']), '__proto__')) throw forbiddenName('"__proto__"');
  const given = fieldsOf(body)['procs'];
  if (!found.hasList && typeof given === 'object' && !Array.isArray(given)) {
    const { procs: series, ...rest } = parseAs(seriesRequest, body);
    return { ...rest, series };
  }
  const { procs, ...rest } = isEnvelope(body) ? body : parseAs(withList, body);
  if (procs.length > 0 || !found.hasList)
    throw new GlideinError('InvalidArgument', 'procs: this field is there twice, or is written with escapes');
  if (found.count === 0) throw new GlideinError('InvalidArgument', 'procs: it is empty');
  return rest;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw notJson(text.trim() === '' ? 'it is empty' : describeError(error));
  }
}

/**
 * Whether a request is as its schema would leave it. Written by hand, because most submits are of few jobs, and the schema
 * library would take longer for their common ad than everything else takes for them.
 */
function isEnvelope(body: unknown): body is Omit<SubmitRequest, 'procs'> & { readonly procs: unknown[] } {
  const { key, cluster, procs, ...rest } = fieldsOf(body);
  for (const _unknown in rest) return false;
  return (
    typeof key === 'string' &&
    key.length >= shortestKey &&
    key.length <= longestKey &&
    isFields(cluster) &&
    areTexts(cluster) &&
    Array.isArray(procs) &&
    procs.length <= maxProcs
  );
}

const fieldsOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
