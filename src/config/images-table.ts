import { path } from './readers.ts';
import type { SettingTable } from './setting.ts';

/** Settings of `glidein images`. */
export const imagesTable = {
  images: {
    flag: 'images',
    argument: 'DIR',
    variable: 'GLIDEIN_IMAGES',
    sentence:
      'The directory of expanded images; ~/.cache/glidein/images if absent. What lies below /cvmfs is changed by cvmfs_server.',
    read: path,
  },
} as const satisfies SettingTable;
