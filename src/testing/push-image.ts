import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** Pushes the image of a layout (`writeLayout`) to a registry without encryption, under a name such as `org/name:1`. */
export async function pushImage(layout: string, host: string, name: string): Promise<void> {
  await promisify(execFile)('skopeo', [
    'copy',
    '--quiet',
    '--preserve-digests',
    '--dest-tls-verify=false',
    `oci:${layout}:image`,
    `docker://${host}/${name}`,
  ]);
}

/** Deletes an image of a registry by its digest, and so every tag that leads to it. */
export async function deleteImage(host: string, repository: string, digest: string): Promise<void> {
  const answer = await fetch(`http://${host}/v2/${repository}/manifests/${digest}`, { method: 'DELETE' });
  if (!answer.ok) throw new Error(`the registry answers ${answer.status}`);
}

/** What Debian's docker-registry reads: storage in a directory, and images that can be deleted. */
export const registryConfig = (directory: string, address: string): string =>
  JSON.stringify({
    version: 0.1,
    log: { accesslog: { disabled: true }, level: 'error' },
    storage: { filesystem: { rootdirectory: directory }, delete: { enabled: true } },
    http: { addr: address },
  });
