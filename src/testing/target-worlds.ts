import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ImageTarget } from '#images/target/image-target.ts';
import { openTarget } from '#images/target/open-target.ts';
import { CvmfsRecorder } from './cvmfs-recorder.ts';

/** A place for images, as one that changes it has it, and as pilots see it. */
export interface TargetWorld {
  open(): Promise<ImageTarget>;
  /** The directory in which pilots look now. */
  seen(): string;
  remove(): Promise<void>;
}

/** Every kind of target, for the tests that each must pass. */
export const targetWorlds: Readonly<Record<string, () => Promise<TargetWorld>>> = {
  'a directory': async () => {
    const root = await mkdtemp(join(tmpdir(), 'glidein-target-'));
    return {
      open: () => openTarget(root, { scratch: join(root, 'none'), environment: {} }),
      seen: () => root,
      remove: () => rm(root, { recursive: true, force: true }),
    };
  },
  'a repository of CernVM-FS': async () => {
    const recorder = await CvmfsRecorder.make();
    return {
      open: () => openCvmfs(recorder),
      seen: () => join(recorder.seen, 'containers'),
      remove: () => recorder.remove(),
    };
  },
};

/** The directory `containers` of the repository, as a target. */
export const openCvmfs = ({ root, mount }: Pick<CvmfsRecorder, 'root' | 'mount'>): Promise<ImageTarget> =>
  openTarget(join(mount, 'containers'), {
    scratch: join(root, 'own'),
    environment: { ...process.env, PATH: `${root}:${process.env['PATH']}` },
    cvmfs: join(root, 'cvmfs'),
  });
