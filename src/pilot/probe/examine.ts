import { apptainerCandidates } from '#base/apptainer-candidates.ts';
import type { Clock } from '#base/clock.ts';
import { GlideinError } from '#base/error.ts';
import type { Logger } from '#telemetry/logger.ts';
import type { Finding } from '#wire/finding.ts';
import type { Apptainer } from '../runtime/apptainer.ts';
import { findApptainer } from './find-apptainer.ts';
import { survey } from './survey.ts';

export interface Examination {
  readonly findings: readonly Finding[];
  /** Undefined: no container runs here. */
  readonly apptainer: Apptainer | undefined;
}

interface ExamineOptions {
  /** Empty, and removed by the caller. */
  readonly directory: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** What a pilot would find out here, for people: nothing is remembered from before, and nothing that fails ends it. */
export async function examine(options: ExamineOptions): Promise<Examination> {
  const { directory, environment } = options;
  const [{ findings }, runtime] = await Promise.all([
    survey(directory),
    findApptainer({
      ...options,
      candidates: apptainerCandidates(undefined, environment),
      cacheDirectory: directory,
      network: 'Shared',
      files: true,
    }).catch((error: unknown) => {
      if (error instanceof GlideinError) return error;
      throw error;
    }),
  ]);
  const found = runtime instanceof GlideinError ? [brokenRuntime(runtime)] : workingRuntime(runtime);
  return {
    findings: [...found, ...findings],
    apptainer: runtime instanceof GlideinError ? undefined : runtime,
  };
}

const brokenRuntime = ({ message, cure }: GlideinError): Finding => ({
  what: 'Apptainer',
  attributes: { HasApptainer: false },
  verdict: 'bad',
  evidence: message,
  ...(cure === undefined ? {} : { cure }),
});

function workingRuntime({ path, version, tier, files }: Apptainer): Finding[] {
  const isFull = tier === 'A';
  const runtime: Finding = {
    what: 'Apptainer',
    attributes: { HasApptainer: true, ApptainerVersion: version, GLIDEIN_RuntimeTier: tier },
    verdict: isFull ? 'good' : 'missing',
    evidence: `${path} (${version}) ran a container that returned 37: tier ${tier}`,
    ...(isFull
      ? {}
      : {
          cure: 'payloads see the processes of the pilot; for a /proc of their own, the pod needs hostUsers: false and procMount: Unmasked',
        }),
  };
  return files === undefined ? [runtime] : [runtime, imageFiles(files)];
}

const imageFiles = (files: NonNullable<Apptainer['files']>): Finding => ({
  what: 'image files',
  attributes: { HasSIF: files.works },
  verdict: files.works ? 'good' : 'missing',
  evidence: files.works ? 'an image file ran, and returned 37' : files.reason,
});
