import { lastError } from '../apptainer-packages.mjs';
import { Advice } from '../progress.mjs';
import { run } from '../run-child.mjs';

const kept = ['Package', 'Source', 'Version', 'Architecture', 'Maintainer', 'Description'];

/**
 * What dpkg would have written to `/var/lib/dpkg/status`, from which scanners learn which packages an image contains.
 *
 * @param {string} config an apt configuration that names the index the packages came from
 * @param {readonly string[]} names
 * @returns {Promise<string>}
 */
export async function packageStatus(config, names) {
  const shown = await run('apt-cache', ['-c', config, 'show', '--no-all-versions', ...names], {
    timeoutMs: 60_000,
  });
  if (shown.code !== 0) throw new Advice(`apt-cache cannot show the packages: ${lastError(shown)}.`);
  const stanzas = shown.stdout.split(/\n\s*\n/).filter((stanza) => stanza.trim() !== '');
  return stanzas
    .map(statusOf)
    .sort()
    .map((stanza) => `${stanza}\n`)
    .join('\n');
}

function statusOf(stanza) {
  const fields = new Map([...stanza.matchAll(/^([\w-]+): (.*)$/gm)].map(([, key, value]) => [key, value]));
  const lines = kept.flatMap((key) => (fields.has(key) ? [`${key}: ${fields.get(key)}`] : []));
  return [lines[0], 'Status: install ok installed', ...lines.slice(1)].join('\n');
}
