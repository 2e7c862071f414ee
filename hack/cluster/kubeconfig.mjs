import { rename, writeFile } from 'node:fs/promises';

/**
 * Writes a self-contained kubeconfig, which can be copied anywhere on this machine. It is written as JSON, which is valid
 * YAML and needs no library.
 *
 * @param {string} file
 * @param {{ url: string, ca: string, token: string, name: string }} access
 */
export async function writeKubeconfig(file, { url, ca, token, name }) {
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      { name, cluster: { server: url, 'certificate-authority-data': Buffer.from(ca).toString('base64') } },
    ],
    users: [{ name, user: { token } }],
    contexts: [{ name, context: { cluster: name, user: name, namespace: 'default' } }],
    'current-context': name,
  };
  await writeFile(`${file}.new`, `${JSON.stringify(config, null, 2)}\n`, { mode: 0o600 });
  await rename(`${file}.new`, file);
}
