import { path, text } from './readers.ts';
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

/** Where commands learn what publishers know. */
export const imageStatusTable = {
  ...imagesTable,
  publisher: {
    flag: 'publisher',
    argument: 'URL',
    variable: 'GLIDEIN_PUBLISHER',
    sentence: 'The publisher to ask; the directory of images, if absent.',
    read: text,
  },
  publisherToken: {
    flag: 'publisher-token',
    argument: 'FILE',
    variable: 'GLIDEIN_PUBLISHER_TOKEN_FILE',
    sentence: 'The file with the token that the publisher wants.',
    read: path,
  },
} as const satisfies SettingTable;
