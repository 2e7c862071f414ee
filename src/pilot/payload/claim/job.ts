import { basename, isAbsolute } from 'node:path/posix';
import { describeError } from '#base/error.ts';
import { holdCodes } from '#base/hold-codes.ts';
import type { ClassAd } from '#classad/class-ad.ts';
import { asString, isError, truth, type Value } from '#classad/value.ts';
import { adFromTexts } from '#wire/ad-texts.ts';
import type { JobFile } from '#wire/file.ts';
import { type InputUrl, isFetched, lastOfEachName, schemeOf } from '#wire/inputs.ts';
import type { Start } from '#wire/pool-messages.ts';
import { transferLimit } from '#wire/transfer-limit.ts';
import { argumentWords, environmentVariables } from './argument-syntax.ts';
import { type CheckpointWish, checkpointWishOf, listed } from './checkpoint-wish.ts';
import type { ClaimedSlot } from './claimed-slot.ts';
import { inputUrls } from './input-urls.ts';
import { jobEnvironment } from './job-environment.ts';
import { type OutputUrls, outputUrlsOf } from './output-urls.ts';
import { PayloadFault } from './payload-fault.ts';
import { type StopWishes, stopWishesOf } from './stop-wishes.ts';

/** What a pilot needs to know of a job in order to run it. */
export interface Job {
  readonly id: string;
  /** The program as the container finds it (empty: the image's own), then its arguments. */
  readonly command: readonly string[];
  readonly environment: ReadonlyMap<string, string>;
  readonly image: string | undefined;
  /** Its owner accepts that it runs without a container. */
  readonly wantsDirect: boolean;
  /** Where its image file comes from, if the job names it by a URL. */
  readonly imageUrl?: string | undefined;
  /** Inputs that the pool has; of several with the same name, the last one. */
  readonly inputs: readonly JobFile[];
  /** Inputs that the pilot fetches from elsewhere. */
  readonly urls: readonly InputUrl[];
  readonly outputUrls: OutputUrls;
  /** The user's proxy certificate among the inputs. */
  readonly proxy: string | undefined;
  /** A file in the job's directory that becomes standard input. */
  readonly stdin: string | undefined;
  /** The entries that come back; undefined: every new or changed file. */
  readonly outputs: readonly string[] | undefined;
  readonly checkpoints: CheckpointWish;
  /** HTCondor's `preserve_relative_paths`: an output keeps its folders. Otherwise only the last part of its path is kept. */
  readonly preservePaths: boolean;
  readonly outputsOnSuccessOnly: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
  /** `output` and `error` name the same file: both streams go to it, in the order in which they are written. */
  readonly joined: boolean;
  /** Streams that the job names: they count towards `max_transfer_output_mb`. */
  readonly namedStreams: readonly ('stdout' | 'stderr')[];
  /** Bytes of inputs and of outputs that the job allows; undefined: no limit. */
  readonly most: { readonly input: number | undefined; readonly output: number | undefined };
  readonly stopWishes: StopWishes;
  /** Bytes of disk that it was given. */
  readonly disk: number;
  /** What the job asked for, in MiB and KiB. It may have been given more. */
  readonly asked: { readonly memory: number | undefined; readonly disk: number | undefined };
}

/**
 * Reads a job. Its author wrote the ad, so whatever is wrong with it is the job's fault.
 * @throws PayloadFault that blames the job
 */
export function readJob(start: Start, claimed: ClaimedSlot): Job {
  try {
    return read(start, claimed);
  } catch (error) {
    if (error instanceof PayloadFault) throw error;
    throw unreadable(describeError(error));
  }
}

const unreadable = (what: string): PayloadFault =>
  new PayloadFault('job', holdCodes.failedToCreateProcess, `the job cannot be read: ${what}`);

/** @throws PayloadFault when the attribute evaluates to an error: nobody knows what its author meant */
function readValue(ad: ClassAd, name: string): Value {
  const value = ad.evaluate(name);
  if (isError(value)) throw unreadable(`its ${name} is an error (${value.reason})`);
  return value;
}

/** What an earlier execution has saved lies over the inputs. */
const savedFiles = ({ checkpoint }: Start): JobFile[] => [
  ...(checkpoint?.files ?? []),
  ...(checkpoint?.folders ?? []).map((name) => ({
    name,
    digest: '',
    size: 0,
    executable: false,
    emptyFolder: true,
  })),
];

const textOf = (ad: ClassAd, name: string): string | undefined => asString(readValue(ad, name));
const truthOf = (ad: ClassAd, name: string): boolean | undefined => truth(readValue(ad, name));

function read(start: Start, claimed: ClaimedSlot): Job {
  const ad = adFromTexts(start.ad);
  const inputs = new Set(start.inputs.map((file: JobFile) => file.name));
  const saved = savedFiles(start);
  const text = (name: string) => textOf(ad, name);
  const stdin = text('In');
  const outputs = textOf(ad, 'TransferOutput');
  const proxy = proxyOf(ad, inputs);
  return {
    id: start.job,
    command: [program(ad, inputs), ...argumentWords(text)],
    environment: new Map([
      ...withProxy(jobEnvironment(start.job, claimed), proxy, claimed.scratch),
      ...environmentVariables(text),
    ]),
    image: imageOf(ad),
    wantsDirect: truthOf(ad, 'WantDirect') === true,
    imageUrl: imageUrlOf(ad),
    inputs: lastOfEachName([...start.inputs, ...saved]).map((file) => withMode(file, proxy)),
    urls: inputUrls(textOf(ad, 'TransferInput') ?? '', inputs).filter(
      ({ name }) => !saved.some((file) => file.name === name),
    ),
    outputUrls: outputUrlsOf(textOf(ad, 'OutputDestination'), textOf(ad, 'TransferOutputRemaps')),
    proxy,
    stdin: stdin === undefined || stdin === '' || stdin === '/dev/null' ? undefined : basename(stdin),
    outputs: listed(outputs),
    checkpoints: checkpointWishOf(ad, unreadable),
    preservePaths: truthOf(ad, 'PreserveRelativePaths') ?? false,
    outputsOnSuccessOnly: textOf(ad, 'WhenToTransferOutput') === 'ON_SUCCESS',
    stdout: comesBack(ad, 'Out'),
    stderr: comesBack(ad, 'Err') && !isJoined(ad),
    joined: isJoined(ad),
    namedStreams: [
      ...(isNamed(ad, 'Out') ? ['stdout' as const] : []),
      ...(isNamed(ad, 'Err') && !isJoined(ad) ? ['stderr' as const] : []),
    ],
    most: { input: transferLimit(ad, 'Input'), output: transferLimit(ad, 'Output') },
    stopWishes: stopWishesOf(ad, unreadable),
    disk: start.resources.disk * 1024,
    asked: { memory: ad.evaluateNumber('RequestMemory'), disk: ad.evaluateNumber('RequestDisk') },
  };
}

/** The name of the user's proxy certificate, if it is among the inputs. */
function proxyOf(ad: ClassAd, inputs: ReadonlySet<string>): string | undefined {
  const name = basename(textOf(ad, 'x509userproxy') ?? '');
  return inputs.has(name) ? name : undefined;
}

/** Grid programs refuse a proxy that others may read, whatever mode it had where the job was submitted. */
const withMode = (file: JobFile, proxy: string | undefined): JobFile =>
  file.name === proxy ? { ...file, mode: 0o600 } : file;

/** Grid programs find their proxy by this variable. */
function withProxy(
  environment: Map<string, string>,
  proxy: string | undefined,
  scratch: string,
): Map<string, string> {
  return proxy === undefined ? environment : environment.set('X509_USER_PROXY', `${scratch}/${proxy}`);
}

/**
 * The first of these counts: ContainerImage; DockerImage, which names an image of a registry; SingularityImage, which
 * pools of GlideinWMS and OSG read.
 */
function imageOf(ad: ClassAd): string | undefined {
  const docker = textOf(ad, 'DockerImage');
  const url = docker?.startsWith('docker://') === false ? `docker://${docker}` : docker;
  return textOf(ad, 'ContainerImage') ?? url ?? textOf(ad, 'SingularityImage');
}

/** Of an image that HTCondor would let travel with the job, ContainerImage only has the last part of the URL. */
function imageUrlOf(ad: ClassAd): string | undefined {
  const named = textOf(ad, 'ContainerImageFullPath') ?? imageOf(ad) ?? '';
  return isFetched(schemeOf(named) ?? '') ? named : undefined;
}

/** A stream without a name is brought to the pool as well: `glidein logs` shows it. */
function comesBack(ad: ClassAd, stream: 'Out' | 'Err'): boolean {
  const name = textOf(ad, stream) ?? '/dev/null';
  return name === '/dev/null' || (truthOf(ad, `Transfer${stream}`) ?? true);
}

const isNamed = (ad: ClassAd, stream: 'Out' | 'Err'): boolean =>
  (textOf(ad, stream) ?? '/dev/null') !== '/dev/null' && comesBack(ad, stream);

function isJoined(ad: ClassAd): boolean {
  const name = textOf(ad, 'Out') ?? '/dev/null';
  return name !== '/dev/null' && name === textOf(ad, 'Err') && comesBack(ad, 'Out');
}

/** A transferred program lies in the job's directory. Any other is the image's: a path, or a name on its PATH. */
function program(ad: ClassAd, inputs: ReadonlySet<string>): string {
  const command = textOf(ad, 'Cmd') ?? '';
  const transferred = truthOf(ad, 'TransferExecutable') ?? true;
  const bare = basename(command);
  if (transferred && inputs.has(bare)) return `./${bare}`;
  return isAbsolute(command) || !command.includes('/') ? command : `./${command}`;
}
