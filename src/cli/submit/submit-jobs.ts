import { Readable } from 'node:stream';
import { GlideinError, isCode } from '#base/error.ts';
import type { PoolClient } from '#client/pool-client.ts';
import { substituteProc } from '#submit/language/proc-number.ts';
import {
  maxProcs,
  type SeriesRequest,
  type SubmitAnswer,
  type SubmitRequest,
  submitAnswer,
} from '#wire/jobs.ts';

/** A submit of listed procs, or of a series. It is only read. */
export interface AnySubmit {
  readonly key: string;
  readonly cluster: Readonly<Record<string, string>>;
  readonly procs: readonly Proc[] | Series;
}

type Proc = SubmitRequest['procs'][number];
type Series = SeriesRequest['procs'];

/** Procs that become one piece of a body: large enough to cost little, small enough to leave others their turn. */
const pieceProcs = 1000;

/**
 * Queues jobs; they are durable when this resolves. Asking again with the same key makes no second cluster. An older pool, which
 * knows no series, gets a list of the same procs, if it may have so many; so does one that refuses this series.
 * @throws GlideinError with the pool's code, or Unavailable when it does not answer
 */
export async function submitJobs(
  client: PoolClient,
  request: AnySubmit,
  signal?: AbortSignal,
): Promise<SubmitAnswer> {
  const { procs } = request;
  if (isList(procs)) return post(client, piecesOf({ ...request, procs }), signal);
  try {
    return await post(client, [Buffer.from(JSON.stringify(request))], signal);
  } catch (error) {
    if (!isCode(error, 'InvalidArgument') || !/^procs[:.]/.test(error.message)) throw error;
    if (procs.count > maxProcs) throw error.message.startsWith('procs: ') ? tooMany(error) : error;
    return post(client, piecesOf({ ...request, procs: listed(procs) }), signal);
  }
}

const isList = (procs: AnySubmit['procs']): procs is readonly Proc[] => Array.isArray(procs);

async function post(
  client: PoolClient,
  pieces: readonly Buffer[],
  signal: AbortSignal | undefined,
): Promise<SubmitAnswer> {
  const bytes = pieces.reduce((sum, { length }) => sum + length, 0);
  return client.json('/v1/jobs', submitAnswer, {
    method: 'POST',
    // The pool reserves memory by the length, and takes a body of unknown length for the largest possible.
    headers: { 'content-type': 'application/json', 'content-length': String(bytes) },
    body: Readable.from(pieces),
    signal,
  });
}

/** The body of a submit, a piece for each thousand procs: as one string it could be longer than the engine allows. */
function piecesOf({ procs, ...rest }: AnySubmit & { readonly procs: readonly Proc[] }): Buffer[] {
  const pieces = [Buffer.from(`${JSON.stringify(rest).slice(0, -1)},"procs":[`)];
  for (let first = 0; first < procs.length; first += pieceProcs) {
    const some = JSON.stringify(procs.slice(first, first + pieceProcs)).slice(1, -1);
    pieces.push(Buffer.from(first === 0 ? some : `,${some}`));
  }
  pieces.push(Buffer.from(']}'));
  return pieces;
}

const listed = ({ count, attributes, inputs }: Series): Proc[] =>
  Array.from({ length: count }, (_, proc) => {
    const texts = Object.entries(attributes).map(([name, text]) => [name, substituteProc(text, proc)]);
    return { attributes: Object.fromEntries(texts) as Proc['attributes'], inputs };
  });

const tooMany = (cause: GlideinError): GlideinError =>
  new GlideinError('TooLarge', `this pool is older and accepts at most ${maxProcs} jobs in one submission`, {
    cause,
    cure: 'queue fewer jobs at a time, or ask the operator for a newer pool; nothing was submitted',
  });
