import { logLevel } from './readers.ts';

/** The setting of every program that runs for long. */
export const logLevelSetting = {
  flag: 'log-level',
  argument: 'LEVEL',
  variable: 'GLIDEIN_LOG_LEVEL',
  fallback: 'info',
  sentence: 'The least severe level that is logged.',
  read: logLevel,
} as const;
