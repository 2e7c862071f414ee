import { join } from 'node:path';
import { ensureBuilt } from './cluster/build.mjs';
import { Advice } from './progress.mjs';

/**
 * The receiver of the OpenTelemetry Collector, which prints what it is sent.
 *
 * @param {import('./progress.mjs').Log} log
 * @returns {Promise<Record<string, string>>} the environment of tests: its path, or why there is none
 */
export async function otlpEnvironment(log) {
  try {
    const { 'otlp-receiver': folder } = await ensureBuilt(['otlp-receiver'], { log });
    return { GLIDEIN_TEST_OTLP: join(folder, 'otlp-receiver') };
  } catch (error) {
    if (!(error instanceof Advice)) throw error;
    log.note(`      ${error.message}`);
    return { GLIDEIN_TEST_NO_OTLP: error.message };
  }
}
