import { basename, isAbsolute } from 'node:path/posix';
import type { ClassAd } from '#classad/class-ad.ts';
import { adFromTexts } from '#wire/ad-texts.ts';
import type { JobFile } from '#wire/file.ts';
import type { Start } from '#wire/pool-messages.ts';
import { newSyntaxWords, oldSyntaxWords } from './words.ts';

/** What a pilot needs to know of a job in order to run it. */
export interface Job {
  readonly id: string;
  /** First the program as the container finds it, then its arguments. */
  readonly command: readonly string[];
  readonly environment: ReadonlyMap<string, string>;
  readonly image: string | undefined;
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
  /** What the job asked for: MiB and KiB. It may have been given more. */
  readonly asked: { readonly memory: number | undefined; readonly disk: number | undefined };
}

/** @throws GlideinError InvalidExpression when the ad does not parse. */
export function readJob(start: Start): Job {
  const ad = adFromTexts(start.ad);
  const inputs = new Set(start.inputs.map((file: JobFile) => file.name));
  const stdin = ad.evaluateString('In');
  const outputs = ad.evaluateString('TransferOutput');
  return {
    id: start.job,
    command: [program(ad, inputs), ...programArguments(ad)],
    environment: environmentOf(ad, start),
    image: imageOf(ad),
    stdin: stdin === undefined || stdin === '' || stdin === '/dev/null' ? undefined : basename(stdin),
    outputs: outputs
      ?.split(',')
      .map((name) => name.trim())
      .filter((name) => name !== ''),
    preservePaths: ad.evaluateBoolean('PreserveRelativePaths') ?? false,
    outputsOnSuccessOnly: ad.evaluateString('WhenToTransferOutput') === 'ON_SUCCESS',
    stdout: comesBack(ad, 'Out'),
    stderr: comesBack(ad, 'Err') && !isJoined(ad),
    joined: isJoined(ad),
    asked: { memory: ad.evaluateNumber('RequestMemory'), disk: ad.evaluateNumber('RequestDisk') },
  };
}

/** A job of the universe docker names an image of a registry. */
function imageOf(ad: ClassAd): string | undefined {
  const docker = ad.evaluateString('DockerImage');
  return ad.evaluateString('ContainerImage') ?? (docker && `docker://${docker}`);
}

/** What nobody has asked for by name is brought to the pool all the same: `logs` shows it. */
function comesBack(ad: ClassAd, stream: 'Out' | 'Err'): boolean {
  const name = ad.evaluateString(stream) ?? '/dev/null';
  return name === '/dev/null' || (ad.evaluateBoolean(`Transfer${stream}`) ?? true);
}

function isJoined(ad: ClassAd): boolean {
  const name = ad.evaluateString('Out') ?? '/dev/null';
  return name !== '/dev/null' && name === ad.evaluateString('Err') && comesBack(ad, 'Out');
}

/** A transferred program lies in the job's directory; any other is the image's: a path, or a name on its PATH. */
function program(ad: ClassAd, inputs: ReadonlySet<string>): string {
  const command = ad.evaluateString('Cmd') ?? '';
  const transferred = ad.evaluateBoolean('TransferExecutable') ?? true;
  const bare = basename(command);
  if (transferred && inputs.has(bare)) return `./${bare}`;
  return isAbsolute(command) || !command.includes('/') ? command : `./${command}`;
}

function programArguments(ad: ClassAd): string[] {
  const old = ad.evaluateString('Args');
  return old === undefined ? newSyntaxWords(ad.evaluateString('Arguments') ?? '') : oldSyntaxWords(old);
}

function environmentOf(ad: ClassAd, start: Start): Map<string, string> {
  const cpus = String(Math.max(1, Math.floor(start.resources.cpus)));
  const environment = new Map([
    ['TMPDIR', '/tmp'],
    ['TMP', '/tmp'],
    ['TEMP', '/tmp'],
    ['_CONDOR_SCRATCH_DIR', '/srv'],
    ['_CONDOR_JOB_IWD', '/srv'],
    ['GLIDEIN_JOB', start.job],
    ['OMP_NUM_THREADS', cpus],
  ]);
  for (const word of newSyntaxWords(ad.evaluateString('Environment') ?? '')) {
    const equals = word.indexOf('=');
    if (equals > 0) environment.set(word.slice(0, equals), word.slice(equals + 1));
  }
  return environment;
}
