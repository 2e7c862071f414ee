import { describeError, isCode } from '#base/error.ts';
import { holdCodes } from '#base/hold-codes.ts';
import { truncate } from '#base/truncate.ts';
import type { Logger } from '#telemetry/logger.ts';
import type { JobFile, LeftFile, StreamFile } from '#wire/file.ts';
import type { Outcome } from '#wire/outcome.ts';
import type { Finished } from '#wire/pilot-messages.ts';
import { isNodeFault } from '../../runtime/node-fault.ts';
import type { PlugInJob } from '../../transfer/plug-in.ts';
import { type Uploader, uploadFiles } from '../../transfer/upload.ts';
import type { ClaimDirectory } from '../claim/claim-directory.ts';
import type { Job } from '../claim/job.ts';
import { PayloadFault, subcodeOf } from '../claim/payload-fault.ts';
import type { InputStamps } from '../start/stage-inputs.ts';
import { findOutputs } from './find-outputs.ts';
import { listOutputs } from './output-list.ts';
import { requireFewBytes } from './output-size.ts';
import { type SendContext, sendOutputs } from './send-outputs.ts';
import { truncateStream } from './truncate-stream.ts';

export interface DeliveryContext extends SendContext {
  readonly uploader: Uploader;
  readonly outputLists: () => boolean;
  /** Bytes of outputs that the group allows; undefined: any number. */
  readonly mostOutputs: number | undefined;
  readonly signal: AbortSignal;
  readonly logger: Logger;
}

/** A payload that was prepared. */
interface Ran {
  readonly job: Job;
  readonly inputs: InputStamps;
  readonly plugInJob: PlugInJob;
}

/** What `finished` says of the outcome and of the files. */
export interface Delivery {
  readonly outcome: Outcome;
  readonly outputs: JobFile[];
  readonly outputList?: Finished['outputList'];
  readonly stdout?: StreamFile;
  readonly stderr?: StreamFile;
  readonly folders?: string[] | undefined;
  readonly left?: LeftFile[];
}

/**
 * Brings what a payload leaves into the pool's spool, however long that takes. If something cannot be delivered, the
 * outcome becomes `outputFailed`. Undefined: the signal aborted.
 * @param ran undefined: the payload was never prepared
 */
export async function deliver(
  outcome: Outcome,
  directory: ClaimDirectory,
  ran: Ran | undefined,
  context: DeliveryContext,
): Promise<Delivery | undefined> {
  if (ran === undefined) return { outcome, outputs: [] };
  const [files, stdout, stderr] = await Promise.all([
    deliverOutputs(outcome, directory, ran, context),
    ran.job.stdout ? deliverStream('stdout', directory.stdout, context) : undefined,
    ran.job.stderr ? deliverStream('stderr', directory.stderr, context) : undefined,
  ]);
  if (context.signal.aborted) return undefined;
  const left = [...(files.left ?? []), ...[stdout, stderr].flatMap((stream) => stream?.left ?? [])];
  return {
    ...files,
    ...(stdout?.file === undefined ? {} : { stdout: stdout.file }),
    ...(stderr?.file === undefined ? {} : { stderr: stderr.file }),
    ...(left.length === 0 ? {} : { left }),
  };
}

async function deliverOutputs(
  outcome: Outcome,
  directory: ClaimDirectory,
  { job, inputs, plugInJob }: Ran,
  context: DeliveryContext,
): Promise<Delivery> {
  if (!areOutputsWanted(outcome, job)) return { outcome, outputs: [] };
  const { uploader, signal, outputLists, mostOutputs } = context;
  try {
    const wish = { named: job.outputs, preservePaths: job.preservePaths, inputs };
    const { files: found, folders, left } = await findOutputs(directory.job, wish);
    const files = await sendOutputs(found, job.outputUrls, plugInJob, context, signal);
    await requireFewBytes(files, job, directory, mostOutputs);
    const outputs = {
      outputs: await uploadFiles(uploader, files, signal),
      ...(folders.length === 0 ? {} : { folders: [...folders] }),
    };
    return {
      outcome,
      ...(await listOutputs(outputs, directory.root, { uploader, signal, outputLists })),
      left: [...left],
    };
  } catch (error) {
    return { outcome: undelivered(error, outcome), outputs: [] };
  }
}

/** A failure of the machine is never the job's fault: the job runs again, and the pilot counts the failure. */
function undelivered(error: unknown, outcome: Outcome): Outcome {
  const reason = truncate(describeError(error), 1000);
  const holdCode = error instanceof PayloadFault ? error.holdCode : holdCodes.transferOutput;
  const failure = { holdCode, ...subcodeOf(error), reason };
  if (isNodeFault(error) || isCode(error, 'RuntimeFailed'))
    return { kind: 'startFailed', blame: 'pilot', ...failure };
  if (outcome.kind === 'exited')
    return { kind: 'outputFailed', ...failure, exit: { exitCode: outcome.exitCode } };
  if (outcome.kind === 'signalled')
    return { kind: 'outputFailed', ...failure, exit: { signal: outcome.signal } };
  return { kind: 'outputFailed', ...failure };
}

/** A payload that was stopped, or that never ran, owes no outputs. */
function areOutputsWanted(outcome: Outcome, job: Job): boolean {
  if (outcome.kind === 'signalled') return !job.outputsOnSuccessOnly;
  return outcome.kind === 'exited' && (!job.outputsOnSuccessOnly || outcome.exitCode === 0);
}

interface Stream {
  readonly file?: StreamFile;
  readonly left?: LeftFile;
}

/** What was printed helps to understand an outcome, but losing it does not change the outcome: the loss is reported. */
async function deliverStream(
  name: 'stdout' | 'stderr',
  path: string,
  { uploader, signal, logger }: DeliveryContext,
): Promise<Stream> {
  try {
    const printed = await truncateStream(path);
    const [file] = await uploadFiles(uploader, [{ name, path, executable: false }], signal);
    return file === undefined ? {} : { file: { ...file, ...(printed === undefined ? {} : { printed }) } };
  } catch (error) {
    const problem = describeError(error);
    logger.warn({ stream: name, problem }, 'stream not delivered');
    return { left: { name, reason: truncate(problem, 256) } };
  }
}
