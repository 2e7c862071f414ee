import { homedir } from 'node:os';
import { join } from 'node:path';
import { Advice } from '../progress.mjs';

/** Where built parts, running clusters and this folder's own files are. */

/** Built parts, shared by all clusters of a user. */
export function cacheFolder() {
  return join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'glidein', 'cluster');
}

/** The folder of everything that one cluster writes: data, logs, kubeconfig. `down` removes it. */
export function stateFolder(name) {
  return join(clustersFolder(), name);
}

/** The state folders of all clusters. */
export function clustersFolder() {
  return join(process.env.XDG_STATE_HOME || join(homedir(), '.local', 'state'), 'glidein', 'cluster');
}

/** The Go module of the Kubernetes binary and the pause program. */
export const goFolder = join(import.meta.dirname, 'go');

/**
 * A cluster's name becomes a folder, a host name, a node name and a control group.
 *
 * @param {string} name
 * @returns {string} the same name
 */
export function checkedName(name) {
  if (/^[a-z]([a-z0-9-]{0,38}[a-z0-9])?$/.test(name)) return name;
  throw new Advice(
    `The cluster name "${name}" cannot be a host name. Use 1 to 40 lower-case letters, digits and dashes, a letter first.`,
  );
}

/** Folders that the node hides behind its own in its mount namespace. */
const coveredByNode = ['/run', '/var/run', '/var/lib', '/var/log'];

/**
 * Checks that what the node reads and writes stays visible in its mount namespace.
 *
 * @param {readonly string[]} folders
 */
export function checkVisibleInNode(folders) {
  for (const folder of folders) {
    const cover = coveredByNode.find((covered) => `${folder}/`.startsWith(`${covered}/`));
    if (cover === undefined) continue;
    throw new Advice(
      `${folder} lies under ${cover}, which the node covers with a folder of its own. ` +
        'Set XDG_STATE_HOME and XDG_CACHE_HOME to folders elsewhere, and use a Node that is installed elsewhere.',
    );
  }
}
