import { basename, isAbsolute } from 'node:path/posix';
import { describeError } from '#base/error.ts';
import { holdCodes } from '#base/hold-codes.ts';
import type { ClassAd } from '#classad/class-ad.ts';
import { asString, isError, truth, type Value } from '#classad/value.ts';
import { adFromTexts } from '#wire/ad-texts.ts';
import type { JobFile } from '#wire/file.ts';
import { lastOfEachName } from '#wire/input-names.ts';
import type { InputUrl } from '#wire/input-urls.ts';
import type { Start } from '#wire/pool-messages.ts';
import { transferLimit } from '#wire/transfer-limit.ts';
import type { Claimed } from './claimed.ts';
import { type Ending, endingOf } from './ending.ts';
import { jobEnvironment, scratch } from './job-environment.ts';
import { PayloadFault } from './payload-fault.ts';
import { inputUrls } from './url-inputs.ts';
import { newSyntaxWords, oldSyntaxWords } from './words.ts';

/** What a pilot needs to know of a job in order to run it. */
export interface Job {
  readonly id: string;
  /** First the program as the container finds it, or nothing for that of the image; then its arguments. */
  readonly command: readonly string[];
  readonly environment: ReadonlyMap<string, string>;
  readonly image: string | undefined;
  /** What comes from the pool; of inputs with one name the last. */
  readonly inputs: readonly JobFile[];
  /** Inputs that do not come from the pool. */
  readonly urls: readonly InputUrl[];
  /** A file in the job's directory that becomes standard input. */
  readonly stdin: string | undefined;
  /** What comes back: named entries, or every new and changed file. */
  readonly outputs: readonly string[] | undefined;
  /** HTCondor's `preserve_relative_paths`: an output keeps its folders; otherwise only its last part. */
  readonly preservePaths: boolean;
  readonly outputsOnSuccessOnly: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
  /** Both streams go to one file, in the order in which they are written: `output` and `error` have one name. */
  readonly joined: boolean;
  /** Streams that the job gives a name: they count as output. */
  readonly namedStreams: readonly ('stdout' | 'stderr')[];
  /** Bytes of inputs and outputs that the job allows itself; undefined: it sets no limit. */
  readonly most: { readonly input: number | undefined; readonly output: number | undefined };
  readonly ending: Ending;
  /** What the job asked for: MiB and KiB. It may have been given more. */
  readonly asked: { readonly memory: number | undefined; readonly disk: number | undefined };
}

/**
 * What the pilot reads of a job is what its author wrote, so whatever is wrong with it is the job's fault.
 * @throws PayloadFault that blames the job
 */
export function readJob(start: Start, claimed: Claimed): Job {
  try {
    return read(start, claimed);
  } catch (error) {
    if (error instanceof PayloadFault) throw error;
    throw unreadable(describeError(error));
  }
}

const unreadable = (what: string): PayloadFault =>
  new PayloadFault('job', holdCodes.failedToCreateProcess, `the job cannot be read: ${what}`);

/** @throws PayloadFault when the attribute is an error: what its author meant is not known. */
function readValue(ad: ClassAd, name: string): Value {
  const value = ad.evaluate(name);
  if (isError(value)) throw unreadable(`its ${name} is an error (${value.reason})`);
  return value;
}

const textOf = (ad: ClassAd, name: string): string | undefined => asString(readValue(ad, name));
const truthOf = (ad: ClassAd, name: string): boolean | undefined => truth(readValue(ad, name));

function read(start: Start, claimed: Claimed): Job {
  const ad = adFromTexts(start.ad);
  const inputs = new Set(start.inputs.map((file: JobFile) => file.name));
  const stdin = textOf(ad, 'In');
  const outputs = textOf(ad, 'TransferOutput');
  const proxy = proxyOf(ad, inputs);
  return {
    id: start.job,
    command: [program(ad, inputs), ...programArguments(ad)],
    environment: environmentOf(ad, withProxy(jobEnvironment(start.job, claimed), proxy)),
    image: imageOf(ad),
    inputs: lastOfEachName(start.inputs).map((file) => withMode(file, proxy)),
    urls: inputUrls(textOf(ad, 'TransferInput') ?? '', inputs),
    stdin: stdin === undefined || stdin === '' || stdin === '/dev/null' ? undefined : basename(stdin),
    outputs: outputs
      ?.split(',')
      .map((name) => name.trim())
      .filter((name) => name !== ''),
    preservePaths: truthOf(ad, 'PreserveRelativePaths') ?? false,
    outputsOnSuccessOnly: textOf(ad, 'WhenToTransferOutput') === 'ON_SUCCESS',
    stdout: comesBack(ad, 'Out'),
    stderr: comesBack(ad, 'Err') && !isJoined(ad),
    joined: isJoined(ad),
    namedStreams: [
      ...(isNamed(ad, 'Out') ? ['stdout' as const] : []),
      ...(isNamed(ad, 'Err') ? ['stderr' as const] : []),
    ],
    most: { input: transferLimit(ad, 'Input'), output: transferLimit(ad, 'Output') },
    ending: endingOf(ad, unreadable),
    asked: { memory: ad.evaluateNumber('RequestMemory'), disk: ad.evaluateNumber('RequestDisk') },
  };
}

/** The name of the user's proxy certificate among the inputs. */
function proxyOf(ad: ClassAd, inputs: ReadonlySet<string>): string | undefined {
  const name = basename(textOf(ad, 'x509userproxy') ?? '');
  return inputs.has(name) ? name : undefined;
}

/** Grid programs refuse a proxy that others may read, whatever it was on the machine of the submission. */
const withMode = (file: JobFile, proxy: string | undefined): JobFile =>
  file.name === proxy ? { ...file, mode: 0o600 } : file;

/** Grid programs find their proxy by this variable. */
function withProxy(environment: Map<string, string>, proxy: string | undefined): Map<string, string> {
  return proxy === undefined ? environment : environment.set('X509_USER_PROXY', `${scratch}/${proxy}`);
}

/**
 * Of several attributes the first counts: ContainerImage, then DockerImage, which names an image of a registry, then
 * SingularityImage, which pools of GlideinWMS and OSG read.
 */
function imageOf(ad: ClassAd): string | undefined {
  const docker = textOf(ad, 'DockerImage');
  const url = docker?.startsWith('docker://') === false ? `docker://${docker}` : docker;
  return textOf(ad, 'ContainerImage') ?? url ?? textOf(ad, 'SingularityImage');
}

/** What nobody has asked for by name is brought to the pool all the same: `logs` shows it. */
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

/** A transferred program lies in the job's directory; any other is the image's: a path, or a name on its PATH. */
function program(ad: ClassAd, inputs: ReadonlySet<string>): string {
  const command = textOf(ad, 'Cmd') ?? '';
  const transferred = truthOf(ad, 'TransferExecutable') ?? true;
  const bare = basename(command);
  if (transferred && inputs.has(bare)) return `./${bare}`;
  return isAbsolute(command) || !command.includes('/') ? command : `./${command}`;
}

/** Of a job that has its arguments or its environment in both syntaxes the new one counts, as in HTCondor. */
function programArguments(ad: ClassAd): string[] {
  const words = textOf(ad, 'Arguments');
  return words === undefined ? oldSyntaxWords(textOf(ad, 'Args') ?? '') : newSyntaxWords(words);
}

function environmentOf(ad: ClassAd, environment: Map<string, string>): Map<string, string> {
  const words = textOf(ad, 'Environment');
  const old = () => (textOf(ad, 'Env') ?? '').split(textOf(ad, 'EnvDelim') ?? ';');
  for (const word of words === undefined ? old() : newSyntaxWords(words)) {
    const equals = word.indexOf('=');
    if (equals > 0) environment.set(word.slice(0, equals), word.slice(equals + 1));
  }
  return environment;
}
