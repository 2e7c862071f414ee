import { type DestinationStream, type Logger, pino } from 'pino';

export type { Logger } from 'pino';

/** Keys whose values never reach a log, at the top of a record or one level below. */
const secretKeys = ['token', 'authorization', 'password', 'secret', 'key', 'environment', 'env'];

/**
 * A logger of JSON lines. Messages are constant; facts are key-values.
 * @param name the program or room that logs
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
