import { type DestinationStream, type Logger, pino } from 'pino';

export type { Logger } from 'pino';

/** Keys whose values never reach a log, wherever in a record they stand. */
const secretKeys = ['token', 'authorization', 'password', 'secret', 'key', 'environment', 'env'];

/**
 * A logger of JSON lines: constant messages, facts as key-values.
 * @param name the program or room that speaks
 */
export function createLogger(
  name: string,
  options: { level: string; destination?: DestinationStream },
): Logger {
  return pino(
    {
      name,
      level: options.level,
      base: { pid: process.pid },
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: { paths: secretKeys.flatMap((key) => [key, `*.${key}`]), censor: '[hidden]' },
    },
    options.destination ?? pino.destination({ fd: 2, sync: false }),
  );
}
