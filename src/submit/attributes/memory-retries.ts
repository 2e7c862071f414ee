import { ClassAd } from '#classad/class-ad.ts';
import { printExpression } from '#classad/print.ts';
import { references } from '#classad/references.ts';
import { type Attributes, type GivenValue, type Producer, quote, type Read } from './given-value.ts';
import { memoryOf, sizeAtStart } from './resource-requests.ts';

/** What condor_submit puts between the steps of a transform. */
const separator = '\x1e';

/** A job that used too much memory: held by its machine (21) or for that reason (34), with the subcode for memory. */
const outOfMemory =
  'REQUIREMENTS (VacateReasonCode==21 || VacateReasonCode == 34) && VacateReasonSubCode == 102';

/**
 * The memory with which a job that ran out of it runs again, as condor_submit 25.14 writes it: a transform of the job's ad. The
 * pool applies it, and holds the job only if that changes no request.
 */
export const memoryRetries: Producer = {
  reads: [
    'request_memory',
    'retry_request_memory',
    'retry_request_memory_increase',
    'retry_request_memory_max',
  ],
  make(read) {
    const most = read('retry_request_memory_max');
    const steps = read('retry_request_memory');
    const more = steps === undefined ? read('retry_request_memory_increase') : undefined;
    const first = steps ?? more ?? most;
    if (first === undefined) return {};
    const request = requestOf(read, first);
    if (more === undefined) return sequence(first);
    return most === undefined ? once(increased(more, request)) : untilMost(more, most);
  },
};

/** What the job asks for at first, in MiB. HTCondor ignores these commands, without a word, if that is an expression. */
function requestOf(read: Read, given: GivenValue): number {
  const request = read('request_memory');
  const text = request === undefined ? '128' : memoryOf(request);
  if (/^[0-9]+$/.test(text)) return Number(text);
  throw given.fault(
    'it has no effect with a request_memory that is not a number',
    'write a size such as request_memory = 2 GB',
  );
}

const transformed = (steps: readonly string[], more: Attributes = {}): Attributes => ({
  ...more,
  TransformOnEvict: quote('RequestMemory'),
  TransformBody_RequestMemory: quote([outOfMemory, ...steps].join(separator)),
});

const once = (mebi: number): Attributes => transformed([`SET RequestMemory ${mebi}`]);

/** One size or expression, or sizes of which each is larger than the one before; only the last may be an expression. */
function sequence(given: GivenValue): Attributes {
  const sizes: number[] = [];
  let rest = given;
  for (let found = sizeAtStart(rest); found !== undefined; found = sizeAtStart(rest)) {
    const before = sizes.at(-1);
    if (before !== undefined && found.mebi <= before)
      throw given.fault(
        `${found.mebi} is not greater than ${before}`,
        'write each size larger than the one before',
      );
    sizes.push(found.mebi);
    if (found.rest === undefined) return sizes.length === 1 ? once(found.mebi) : inTurn(sizes.map(String));
    rest = found.rest;
  }
  // A negative size gets the message of other sizes.
  memoryOf(rest);
  const expression = printed(rest);
  return sizes.length === 0
    ? transformed([`EVALSET RequestMemory ${expression}`])
    : inTurn([...sizes.map(String), expression]);
}

const inTurn = (values: readonly string[]): Attributes =>
  transformed(
    [
      'EVALSET RequestMemory RetryRequestMemory[RetryRequestMemoryIndex?:0]',
      'EVALSET RetryRequestMemoryIndex MIN({size(RetryRequestMemory)-1, (RetryRequestMemoryIndex?:0)+1})',
    ],
    { RetryRequestMemory: `{ ${values.join(',')} }` },
  );

function untilMost(more: GivenValue, most: GivenValue): Attributes {
  const found = sizeAtStart(most);
  return transformed(['EVALSET RequestMemory MIN({NextRequestMemory, MaxRequestMemory})'], {
    MaxRequestMemory: found === undefined ? printed(most) : String(found.mebi),
    NextRequestMemory: nextOf(more),
  });
}

/** The request after this one. */
function nextOf(more: GivenValue): string {
  const found = sizeAtStart(more);
  if (found !== undefined && found.rest === undefined && found.mebi > 0)
    return `RequestMemory + ${found.mebi}`;
  const isExpression = found === undefined && !more.text.startsWith('-');
  if (!isExpression || !readsRequest(more))
    throw more.fault(
      'this is neither more than 0 nor an expression with RequestMemory',
      'write what to add, such as 2 GB, or the next request, such as RequestMemory * 2',
    );
  return printed(more);
}

function readsRequest(more: GivenValue): boolean {
  const { my, bare } = references(more.parsed());
  return new Set([...my, ...bare]).has('requestmemory');
}

function increased(more: GivenValue, request: number): number {
  const ad = new ClassAd().setValue('RequestMemory', request).setText('Next', nextOf(more));
  const next = ad.evaluateNumber('Next');
  if (next === undefined || !Number.isSafeInteger(Math.trunc(next)))
    throw more.fault(
      'its value is not known when the job is submitted',
      'let it read nothing but RequestMemory',
    );
  return Math.trunc(next);
}

const printed = (value: GivenValue): string => printExpression(value.parsed(), 'old');
