import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * The settings with which a cluster was started, in its state folder, for the cluster's processes and later commands.
 *
 * @typedef {object} Settings
 * @property {string} name
 * @property {'node' | 'control-plane'} kind
 * @property {Record<string, string>} folders of the built parts
 * @property {import('./credentials.mjs').Credentials} [credentials] of a node; a control plane alone makes its own
 *
 * @param {string} state
 * @param {Settings} settings
 */
export async function writeSettings(state, settings) {
  await writeFile(file(state), JSON.stringify(settings), { mode: 0o600 });
}

/**
 * @param {string} state
 * @returns {Promise<Settings>}
 */
export async function readSettings(state) {
  return JSON.parse(await readFile(file(state), 'utf8'));
}

const file = (state) => join(state, 'settings.json');

/**
 * The progress of the start, for `up` to show: one line, which is `ready` at the end.
 *
 * @param {string} state
 * @param {string} text
 */
export async function writeProgress(state, text) {
  await writeFile(join(state, 'progress'), text);
}

/** @param {string} state */
export async function readProgress(state) {
  return readFile(join(state, 'progress'), 'utf8').catch(() => '');
}

export const ready = 'ready';
