import { appendFileSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '#base/clock.ts';
import { holdCodes } from '#base/hold-codes.ts';
import { printAd } from '#classad/print.ts';
import { clashOf, lastOfEachName } from '#wire/inputs.ts';
import type { Start } from '#wire/pool-messages.ts';
import { tooManyBytes } from '#wire/transfer-limit.ts';
import type { Apptainer } from '../../runtime/apptainer.ts';
import type { GpuDevices } from '../../runtime/gpu-devices.ts';
import { inTime } from '../../runtime/in-time.ts';
import type { Mount, MountsFound } from '../../runtime/mounts.ts';
import type { BlobCache } from '../../transfer/blob-cache.ts';
import type { PlugInJob } from '../../transfer/plug-in.ts';
import type { Transfers } from '../../transfer/transfers.ts';
import { retryWhilePoolIsAway, type Uploader } from '../../transfer/upload.ts';
import {
  type ClaimDirectory,
  isPilotsOwn,
  joinStreams,
  makeClaimDirectory,
  makeStreams,
  scratchFiles,
} from '../claim/claim-directory.ts';
import { type ClaimedSlot, machineAd, startedAd } from '../claim/claimed-slot.ts';
import type { Deadline } from '../claim/deadline.ts';
import { type Job, readJob } from '../claim/job.ts';
import { knownUrls } from '../claim/output-urls.ts';
import { faultIn, PayloadFault } from '../claim/payload-fault.ts';
import { type NamedImage, ownProgram } from './entry-point.ts';
import { environmentFile } from './environment-file.ts';
import { fetchInputs } from './fetch-inputs.ts';
import { noImage } from './no-image.ts';
import { noPlugInJob, writePlugInJob } from './plug-in-job.ts';
import {
  broughtImage,
  type ImageContext,
  isKept,
  nameOfImage,
  type ResolvedImage,
  resolveImage,
} from './resolve-image.ts';
import { type InputStamps, stageInputs, stageStreams, type UseFile } from './stage-inputs.ts';

const kibi = 2 ** 10;

/** What the pilot has for the start of any payload. */
export interface PrepareContext extends ImageContext {
  /** Undefined: payloads run without containers. */
  readonly apptainer: Apptainer | undefined;
  readonly mounts: () => Promise<MountsFound>;
  readonly gpus: () => Promise<GpuDevices | undefined>;
  readonly cache: BlobCache;
  readonly uploader: Uploader;
  readonly transfers: Transfers;
  /** Milliseconds in which all URLs of a job must have been fetched, or sent. */
  readonly transferLimit: number;
  readonly deadline: Deadline;
  readonly clock: Clock;
}

/** All that a container needs in order to start. */
export interface Prepared {
  readonly job: Job;
  readonly image: string;
  /** The image is a file, and no directory. */
  readonly isFile: boolean;
  readonly mounts: readonly Mount[];
  readonly gpus: GpuDevices['vendor'] | undefined;
  readonly inputs: InputStamps;
  /** What plug-ins that send its outputs are told of it. */
  readonly plugInJob: PlugInJob;
  /** The payload has ended, so its image may go. */
  readonly release: () => Promise<void>;
}

/**
 * Brings everything that a job needs into place, as much as possible at the same time. If the pool is away, waits for it
 * until `signal` aborts.
 * @throws PayloadFault, or an error that `faultOf` understands.
 */
export async function prepare(
  start: Start,
  claimed: ClaimedSlot,
  directory: ClaimDirectory,
  context: PrepareContext,
  signal: AbortSignal,
): Promise<Prepared> {
  const job = withoutKept(readJob(start, claimed), context);
  const environment = environmentFile(job.environment);
  if (job.stdin !== undefined && !namesOf(start, job).includes(job.stdin)) {
    const reason = `the input "${job.stdin}" was not transferred`;
    throw new PayloadFault('job', holdCodes.openInput, reason, constants.errno.ENOENT);
  }
  const clash = clashOf([...job.inputs, ...job.urls]);
  if (clash !== undefined) {
    const [file, inside] = clash;
    throw new PayloadFault(
      'job',
      holdCodes.transferInput,
      `the input "${file}" lies where "${inside}" needs a folder`,
    );
  }
  requireOtherNames(namesOf(start, job));
  requireFewBytes(start, job);
  const resolving =
    context.apptainer === undefined
      ? Promise.resolve(noImage(job))
      : resolveImage(job, namesOf(start, job), context, signal);
  try {
    return await complete(start, job, resolving, { claimed, environment, directory }, context, signal);
  } catch (error) {
    resolving.then(
      (image) => image?.release(),
      () => undefined,
    );
    throw error;
  }
}

/** An image file that the pilot keeps is no input of the job. */
const withoutKept = (job: Job, { remote }: PrepareContext): Job =>
  isKept(job, remote) ? { ...job, urls: job.urls.filter(({ url }) => url !== job.imageUrl) } : job;

interface Places {
  readonly claimed: ClaimedSlot;
  readonly environment: string;
  readonly directory: ClaimDirectory;
}

/** Brings the rest into place while the image is looked for, or fetched. */
async function complete(
  start: Start,
  job: Job,
  resolving: Promise<ResolvedImage | undefined>,
  { claimed, environment, directory }: Places,
  context: PrepareContext,
  signal: AbortSignal,
): Promise<Prepared> {
  const [found, { mounts, absent }, gpus, { stamps: inputs, plugInJob }] = await Promise.all([
    resolving,
    inTime('what the group mounts', context.clock, context.mounts()),
    gpusFor(start, context),
    stage(start, job, { claimed, environment, directory }, context, signal),
  ]);
  writeAds(start, claimed, directory, context);
  context.deadline.open(directory.job);
  const { path: image, isFile, release } = found ?? (await broughtImage(job, directory.job, context.images));
  const command =
    image === ''
      ? job.command
      : await commandIn({ name: nameOfImage(job, context.images), path: image, isFile }, job.command);
  if (job.joined) joinStreams(directory);
  makeStreams(directory, job.stdin);
  if (absent.length > 0) appendFileSync(directory.stderr, notMounted(absent));
  if (signal.aborted) {
    // The payload was stopped meanwhile, so nobody waits for this.
    context.deadline.close(directory.job);
    await release();
  }
  return { job: { ...job, command }, image, isFile, mounts, gpus, inputs, plugInJob, release };
}

const notMounted = (absent: readonly string[]): string =>
  absent.map((path) => `[glidein: ${path} is not on this node, so it is not mounted]\n`).join('');

/** A pilot had GPUs when it started, but devices fail, and drivers are unloaded. */
async function gpusFor(
  { resources }: Start,
  { gpus }: PrepareContext,
): Promise<GpuDevices['vendor'] | undefined> {
  if (resources.gpus === 0) return undefined;
  const found = await gpus();
  if (found !== undefined && found.count >= resources.gpus) return found.vendor;
  const count = found === undefined ? 'no GPU has a device' : `only ${found.count} GPUs have a device`;
  throw faultIn('node', `the job was given GPUs, but ${count} on this node`);
}

/** A job that names no program runs the program of its image. */
async function commandIn(image: NamedImage, command: readonly string[]): Promise<readonly string[]> {
  const [program, ...words] = command;
  if (program !== '') return command;
  const own = await ownProgram(image);
  if ('program' in own) return [own.program, ...words];
  throw new PayloadFault(
    'job',
    holdCodes.invalidImage,
    `the job names no executable, and ${own.reason}: write executable = PROGRAM`,
  );
}

async function stage(
  start: Start,
  job: Job,
  { claimed, environment, directory }: Places,
  context: PrepareContext,
  signal: AbortSignal,
): Promise<{ readonly stamps: InputStamps; readonly plugInJob: PlugInJob }> {
  const { cache, uploader, transfers, clock } = context;
  const { inputs, urls, outputUrls } = job;
  const use: UseFile = (file, copy) =>
    retryWhilePoolIsAway(uploader, signal, () => cache.use(file.digest, file.size, copy));
  makeClaimDirectory(directory);
  writeFileSync(directory.environment, environment, { mode: 0o600 });
  const [brought] = await Promise.all([
    stageInputs(inputs, directory.job, signal, use),
    stageStreams(start.checkpoint, directory, use),
  ]);
  const disk = start.resources.disk * kibi;
  const plugInJob = transfers.usesPlugIns([...urls.map(({ url }) => url), ...knownUrls(outputUrls)])
    ? await writePlugInJob(start, claimed, job, directory, Math.floor(clock.wall() / 1000))
    : noPlugInJob(directory);
  const fetched = await fetchInputs(urls, { inputs, disk }, directory, plugInJob, context, signal);
  const stamps = new Map([...brought, ...fetched]);
  // What the job itself has saved is its own work, and no input: it comes back even if it stays as it is.
  for (const { name } of start.checkpoint?.files ?? []) stamps.delete(name);
  return { stamps, plugInJob };
}

const namesOf = ({ inputs }: Start, { urls }: Job): string[] => [...inputs, ...urls].map(({ name }) => name);

function requireOtherNames(names: readonly string[]): void {
  const taken = names.find(isPilotsOwn);
  if (taken === undefined) return;
  throw new PayloadFault(
    'job',
    holdCodes.transferInput,
    `the input "${taken}" has the name of a file that the pilot itself puts there: give it another name`,
  );
}

/**
 * The pool holds such a job when it is submitted, but it comes here if it is released. As in HTCondor, URLs do not count.
 */
function requireFewBytes({ inputs }: Start, { most }: Job): void {
  const bytes = lastOfEachName(inputs).reduce((sum, { size }) => sum + size, 0);
  if (most.input === undefined || bytes <= most.input) return;
  throw new PayloadFault(
    'job',
    holdCodes.inputTooLarge,
    tooManyBytes('the input files have', bytes, most.input),
  );
}

function writeAds(
  start: Start,
  claimed: ClaimedSlot,
  { job }: ClaimDirectory,
  { clock }: PrepareContext,
): void {
  const { services } = claimed;
  const started = startedAd(start.ad, claimed, Math.floor(clock.wall() / 1000), start.claim.epoch);
  writeFileSync(join(job, scratchFiles.jobAd), printAd(started, 'old'));
  writeFileSync(join(job, scratchFiles.machineAd), printAd(machineAd(claimed), 'old'));
  if (services.file !== undefined) writeFileSync(join(job, scratchFiles.services), services.file);
}
