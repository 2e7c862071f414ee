import { mkdir, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Makes PersistentVolumes for claims of the default StorageClass: a folder for each, as a `local` volume, because that kind
 * (unlike hostPath) obeys a pod's fsGroup as real storage does. It polls twice a second instead of watching, because there
 * are few claims here.
 */

export const provisioner = 'cluster.glidein.dev/folder';
const lookEveryMs = 500;
const volumesPath = '/api/v1/persistentvolumes';

/**
 * Never ends.
 *
 * @param {object} options
 * @param {import('./api-client.mjs').ApiClient} options.api
 * @param {string} options.folder for the volumes' folders
 * @param {string} options.node name
 */
export async function provision({ api, folder, node }) {
  await mkdir(folder, { recursive: true });
  for (;;) {
    try {
      await provisionOnce({ api, folder, node });
    } catch (error) {
      console.error(`volumes: ${error.message}`);
    }
    await sleep(lookEveryMs);
  }
}

async function provisionOnce({ api, folder, node }) {
  const [claims, volumes] = await Promise.all([
    api.get('/api/v1/persistentvolumeclaims'),
    api.get(volumesPath),
  ]);
  const existing = new Set(volumes.items.map((volume) => volume.metadata.name));
  for (const claim of claims.items.filter(waitsForUs)) {
    const name = `pvc-${claim.metadata.uid}`;
    if (existing.has(name)) continue;
    await mkdir(join(folder, name), { recursive: true });
    await api.create(volumesPath, volumeFor({ claim, name, path: join(folder, name), node }));
  }
  for (const volume of volumes.items.filter(isOursAndReleased)) {
    await rm(join(folder, basename(volume.spec.local.path)), { recursive: true, force: true });
    await api.delete(`${volumesPath}/${volume.metadata.name}`);
  }
}

/** Whether the scheduler has chosen a node for the claim's first pod, and the volume controller has named this provisioner. */
function waitsForUs({ metadata: { annotations = {} }, spec }) {
  const chosen = annotations['volume.kubernetes.io/selected-node'] !== undefined;
  return (
    chosen && annotations['volume.kubernetes.io/storage-provisioner'] === provisioner && !spec.volumeName
  );
}

function isOursAndReleased({ metadata, spec, status }) {
  return (
    metadata.annotations?.['pv.kubernetes.io/provisioned-by'] === provisioner &&
    metadata.deletionTimestamp === undefined &&
    spec.persistentVolumeReclaimPolicy === 'Delete' &&
    status.phase === 'Released'
  );
}

function volumeFor({ claim: { metadata, spec }, name, path, node }) {
  return {
    metadata: { name, annotations: { 'pv.kubernetes.io/provisioned-by': provisioner } },
    spec: {
      accessModes: spec.accessModes,
      capacity: { storage: spec.resources.requests.storage },
      claimRef: {
        apiVersion: 'v1',
        kind: 'PersistentVolumeClaim',
        namespace: metadata.namespace,
        name: metadata.name,
        uid: metadata.uid,
      },
      local: { path },
      nodeAffinity: {
        required: {
          nodeSelectorTerms: [
            { matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In', values: [node] }] },
          ],
        },
      },
      persistentVolumeReclaimPolicy: 'Delete',
      storageClassName: spec.storageClassName,
    },
  };
}
