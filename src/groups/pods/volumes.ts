import type { GlideinGroupSpec } from '#api/glidein-group.ts';
import type { Volume } from '#api/pod-volumes.ts';
import { amount } from '#spec/fields.ts';
import { type ImageVolume, imageVolumePath } from '#spec/images.ts';
import { cacheBytes, imageBytes } from '#spec/pilot.ts';
import type { poolNames } from '../cluster/names.ts';

/** Where the pilot finds what the operator gives it. */
export const places = {
  orderFile: '/etc/glidein/order/order.json',
  noticeFile: '/etc/glidein/order/end-by',
  tokenFile: '/var/run/secrets/glidein/token',
  caFile: '/etc/glidein/pool/ca.crt',
  /** In the same volume as the cache, so that cached files can be linked into a job's directory. */
  directory: '/var/lib/glidein/pilot/run',
  cacheDirectory: '/var/lib/glidein/pilot/cache',
  home: '/home/glidein',
} as const;

/** The annotation that carries the order; the kubelet writes it into {@link places.orderFile}. */
export const orderAnnotation = 'glidein.dev/order';

/**
 * The annotation in which somebody who knows that a node goes away says when; the kubelet writes it into {@link places.noticeFile}
 * of each pilot there, which needs no rights for that.
 */
const noticeAnnotation = 'glidein.dev/end-by';

const mebi = 2 ** 20;

/** Bytes that a pod may write outside its job directories. */
const temporary = { tmp: 1024 * mebi, home: 64 * mebi };

/** Seconds for which a pilot's token is valid; the kubelet replaces it long before. */
const tokenSeconds = 3600;

/** Bytes of the node's disk that the pod may fill: job directories and cache, /tmp and HOME. */
export const diskOf = (spec: GlideinGroupSpec): number => ofPilot(spec) + temporary.tmp + temporary.home;

/** Job directories, the cache, and fetched images. */
function ofPilot({ pilot }: GlideinGroupSpec): number {
  const disk = Math.ceil(amount(pilot.disk));
  return disk + cacheBytes(disk) + imageBytes(pilot);
}

/** The operator's volumes; their names begin with `glidein-`, so they cannot clash with a group's own. */
export function ownVolumes(spec: GlideinGroupSpec, pool: ReturnType<typeof poolNames>) {
  const empty = (name: string, bytes: number) => ({
    name: `glidein-${name}`,
    emptyDir: { sizeLimit: String(Math.ceil(bytes)) },
  });
  const order = { path: 'order.json', fieldRef: { fieldPath: `metadata.annotations['${orderAnnotation}']` } };
  const notice = { path: 'end-by', fieldRef: { fieldPath: `metadata.annotations['${noticeAnnotation}']` } };
  const token = { path: 'token', audience: pool.audience, expirationSeconds: tokenSeconds };
  return [
    { name: 'glidein-order', downwardAPI: { items: [order, notice] } },
    { name: 'glidein-token', projected: { sources: [{ serviceAccountToken: token }] } },
    { name: 'glidein-authority', configMap: { name: pool.authorityMap } },
    empty('pilot', ofPilot(spec)),
    empty('tmp', temporary.tmp),
    empty('home', temporary.home),
    ...imagesOf(spec).map((each) => ({ name: volumeOf(each), image: imageSource(each.reference) })),
  ];
}

const imagesOf = ({ pilot }: GlideinGroupSpec) => pilot.runtime.images.volumes ?? [];

const volumeOf = ({ name }: ImageVolume): string => `glidein-image-${name}`;

const imageSource = (reference: string) => ({ reference, pullPolicy: 'IfNotPresent' });

/** Where the container mounts the operator's volumes. */
export const ownMounts = (spec: GlideinGroupSpec) => [
  ...fixedMounts,
  ...imagesOf(spec).map((each) => ({
    name: volumeOf(each),
    mountPath: imageVolumePath(each),
    readOnly: true,
    ...(each.subPath === undefined ? {} : { subPath: each.subPath }),
  })),
];

const fixedMounts = [
  { name: 'glidein-order', mountPath: '/etc/glidein/order', readOnly: true },
  { name: 'glidein-token', mountPath: '/var/run/secrets/glidein', readOnly: true },
  { name: 'glidein-authority', mountPath: '/etc/glidein/pool', readOnly: true },
  { name: 'glidein-pilot', mountPath: '/var/lib/glidein/pilot' },
  { name: 'glidein-tmp', mountPath: '/tmp' },
  { name: 'glidein-home', mountPath: places.home },
];

/** A volume of a group, translated for Kubernetes: `cvmfs` is the only path of the node that may be mounted. */
export function podVolume({ cvmfs, image, ...volume }: Volume) {
  if (cvmfs !== undefined) return { ...volume, hostPath: { path: cvmfs.path, type: 'Directory' } };
  if (image !== undefined) return { ...volume, image: imageSource(image.reference) };
  return volume;
}

/** Where the container mounts the volumes of its group; those of the node's file system are read-only. */
export function podMounts({ volumes, volumeMounts }: GlideinGroupSpec['template']['spec']) {
  const ofNode = new Set(volumes.filter(({ cvmfs }) => cvmfs !== undefined).map(({ name }) => name));
  return volumeMounts.map((mount) => (ofNode.has(mount.name) ? { ...mount, readOnly: true } : mount));
}
