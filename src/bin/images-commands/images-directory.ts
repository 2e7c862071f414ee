import { join, resolve } from 'node:path';
import type { Terminal } from '#cli/terminal.ts';
import { imagesTable } from '#config/images-table.ts';
import { resolveSettings } from '#config/setting.ts';
import type { ImageTarget } from '#images/target/image-target.ts';
import { openTarget } from '#images/target/open-target.ts';

/** The directory of images that the settings name; the one that `glidein up` reads by default. */
export function imagesDirectory(flags: Parameters<typeof resolveSettings>[1], terminal: Terminal): string {
  const { images } = resolveSettings(imagesTable, flags, terminal.environment);
  return images === undefined
    ? join(cacheDirectory(terminal), 'images')
    : resolve(terminal.directory, images);
}

/** Where this user's programs keep what can be fetched again. */
export const cacheDirectory = ({ environment, home }: Terminal): string =>
  join(environment.XDG_CACHE_HOME || join(home, '.cache'), 'glidein');

/** Opens the directory that the settings name, in order to change it. */
export const imagesTarget = (
  flags: Parameters<typeof resolveSettings>[1],
  terminal: Terminal,
): Promise<ImageTarget> =>
  openTarget(imagesDirectory(flags, terminal), {
    scratch: join(cacheDirectory(terminal), 'cvmfs'),
    environment: terminal.environment,
  });
