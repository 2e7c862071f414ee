import type { Clock } from '#base/clock.ts';
import { holdCodes } from '#base/hold-codes.ts';
import { truncate } from '#base/truncate.ts';
import { shownUrl } from '#wire/inputs.ts';
import type { PlugInJob } from '../../transfer/plug-in.ts';
import { TransferFailure, type Transfers } from '../../transfer/transfers.ts';
import type { OutputFile } from '../../transfer/upload.ts';
import { withinLimit } from '../../transfer/within-limit.ts';
import { type OutputUrls, outputUrl } from '../claim/output-urls.ts';
import { PayloadFault } from '../claim/payload-fault.ts';

/** What sends, and the milliseconds in which all outputs of a job must have been sent. */
export interface SendContext {
  readonly transfers: Pick<Transfers, 'send'>;
  readonly transferLimit: number;
  readonly clock: Clock;
}

/**
 * Sends those outputs that the job wants at URLs. Call this only when all processes of the payload are dead.
 * @returns the others, which go to the pool
 * @throws PayloadFault, errors of the file system, GlideinError RuntimeFailed if a plug-in does not work
 */
export async function sendOutputs<F extends OutputFile>(
  files: readonly F[],
  urls: OutputUrls,
  job: PlugInJob,
  { transfers, transferLimit, clock }: SendContext,
  signal: AbortSignal,
): Promise<F[]> {
  const placed = files.map((file) => ({ file, url: outputUrl(file.name, urls) }));
  const sent = placed.flatMap(({ file: { path }, url }) => (url === undefined ? [] : [{ url, path }]));
  const late = () => unsent(sent[0]?.url ?? '', `it took longer than ${transferLimit / 60_000} minutes`);
  try {
    if (sent.length > 0)
      await withinLimit({ clock, limit: transferLimit, late }, signal, (either) =>
        transfers.send(sent, job, either),
      );
  } catch (error) {
    throw error instanceof TransferFailure ? unsent(error.url, error.message) : error;
  }
  return placed.flatMap(({ file, url }) => (url === undefined ? [file] : []));
}

const unsent = (url: string, why: string): PayloadFault =>
  new PayloadFault(
    'job',
    holdCodes.transferOutput,
    truncate(`an output was not sent to ${shownUrl(url)}: ${why}`, 1000),
  );
