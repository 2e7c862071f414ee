import { describeError } from '#base/error.ts';
import type { Logger } from '#telemetry/logger.ts';
import type { JobFile } from '#wire/file.ts';
import { holdCodes } from '#wire/hold-codes.ts';
import type { Outcome } from '#wire/outcome.ts';
import { findOutputs } from '../transfer/find-outputs.ts';
import type { InputStamps } from '../transfer/stage-inputs.ts';
import { limitStream, type Uploader, uploadFiles } from '../transfer/upload.ts';
import type { ClaimDirectory } from './claim-directory.ts';
import type { Job } from './job.ts';

export interface DeliveryContext {
  readonly uploader: Uploader;
  readonly signal: AbortSignal;
  readonly logger: Logger;
}

/** What `finished` says of the end and of the files. */
export interface Delivery {
  readonly outcome: Outcome;
  readonly outputs: JobFile[];
  readonly stdout?: JobFile;
  readonly stderr?: JobFile;
}

/**
 * Brings what an execution leaves into the pool's spool, for as long as that takes. What cannot be delivered turns
 * the outcome into `outputFailed`. Undefined: the signal aborted.
 */
export async function deliver(
  outcome: Outcome,
  directory: ClaimDirectory,
  ran: { readonly job: Job; readonly inputs: InputStamps } | undefined,
  context: DeliveryContext,
): Promise<Delivery | undefined> {
  if (ran === undefined) return { outcome, outputs: [] };
  const [files, stdout, stderr] = await Promise.all([
    deliverOutputs(outcome, directory, ran, context),
    ran.job.stdout ? deliverStream('stdout', directory.stdout, context) : undefined,
    ran.job.stderr ? deliverStream('stderr', directory.stderr, context) : undefined,
  ]);
  if (context.signal.aborted) return undefined;
  return {
    ...files,
    ...(stdout === undefined ? {} : { stdout }),
    ...(stderr === undefined ? {} : { stderr }),
  };
}

async function deliverOutputs(
  outcome: Outcome,
  directory: ClaimDirectory,
  { job, inputs }: { readonly job: Job; readonly inputs: InputStamps },
  { uploader, signal }: DeliveryContext,
): Promise<Pick<Delivery, 'outcome' | 'outputs'>> {
  if (!wanted(outcome, job)) return { outcome, outputs: [] };
  try {
    const wish = { named: job.outputs, preservePaths: job.preservePaths, inputs };
    const files = await findOutputs(directory.job, wish);
    return { outcome, outputs: await uploadFiles(uploader, files, signal) };
  } catch (error) {
    const reason = describeError(error).slice(0, 1000);
    return { outcome: { kind: 'outputFailed', holdCode: holdCodes.transferOutput, reason }, outputs: [] };
  }
}

/** A payload that was stopped or never ran owes nothing. */
function wanted(outcome: Outcome, job: Job): boolean {
  if (outcome.kind === 'signalled') return !job.outputsOnSuccessOnly;
  return outcome.kind === 'exited' && (!job.outputsOnSuccessOnly || outcome.exitCode === 0);
}

/** What was printed helps to understand a failure, but its loss is none. */
async function deliverStream(
  name: string,
  path: string,
  { uploader, signal, logger }: DeliveryContext,
): Promise<JobFile | undefined> {
  try {
    if (await limitStream(path)) logger.warn({ stream: name }, 'too much was printed; the rest is cut');
    const [file] = await uploadFiles(uploader, [{ name, path, executable: false }], signal);
    return file;
  } catch (error) {
    logger.warn({ stream: name, problem: describeError(error) }, 'stream not delivered');
    return undefined;
  }
}
