import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { spawnTied } from './processes.mjs';

/**
 * Writes a container image without a container engine: an OCI image layout (image-spec, "OCI Image Layout") in one
 * tar file, as `ctr images import`, `skopeo copy oci-archive:` and `podman load` read it. The same input gives the
 * same bytes, hence the same digest: times are set to `created`, names are sorted.
 *
 * @typedef {object} Layer
 * @property {string} [folder] a directory tree that becomes the layer
 * @property {boolean} [keepOwners] keep numeric owners of the tree; else everything belongs to root
 * @property {readonly string[]} [exclude] patterns as of `tar --exclude`
 * @property {string} [tar] instead of a folder: a ready, uncompressed tar file
 *
 * @param {object} image
 * @param {string} image.file where the archive goes; appears whole or not at all
 * @param {string} image.name full reference, as `example.org/team/image:tag`
 * @param {readonly Layer[]} image.layers from the bottom
 * @param {Record<string, unknown>} [image.config] Entrypoint, Cmd, Env, User, WorkingDir, Labels as in the OCI image configuration
 * @param {boolean} [image.gzip] compress the layers; plain tar imports faster and is fine for a local node
 * @param {Date} [image.created]
 * @returns {Promise<{ digest: string, size: number }>} the manifest's digest, and the archive's bytes
 */
export async function writeOciArchive({
  file,
  name,
  layers,
  config = {},
  gzip = false,
  created = new Date(0),
}) {
  await mkdir(dirname(file), { recursive: true });
  const layout = await mkdtemp(join(dirname(file), `.${basename(file)}-`));
  try {
    await mkdir(join(layout, 'blobs', 'sha256'), { recursive: true });
    const written = [];
    for (const layer of layers) written.push(await writeLayer(layout, layer, gzip, created));
    const manifest = await writeManifest(layout, written, config, created);
    await writeIndex(layout, manifest, name);
    const archive = join(layout, 'archive.tar');
    await tarTo(archive, ['-C', layout, 'oci-layout', 'index.json', 'blobs'], created);
    await rename(archive, file);
    return { digest: manifest.digest, size: (await stat(file)).size };
  } finally {
    await rm(layout, { recursive: true, force: true });
  }
}

const mediaType = (kind) => `application/vnd.oci.image.${kind}`;
const architectures = { x64: 'amd64', arm64: 'arm64' };

async function writeManifest(layout, layers, config, created) {
  const configuration = await writeJson(layout, mediaType('config.v1+json'), {
    created: created.toISOString(),
    architecture: architectures[process.arch] ?? process.arch,
    os: 'linux',
    config,
    rootfs: { type: 'layers', diff_ids: layers.map((layer) => layer.diffId) },
  });
  return writeJson(layout, mediaType('manifest.v1+json'), {
    schemaVersion: 2,
    mediaType: mediaType('manifest.v1+json'),
    config: configuration,
    layers: layers.map((layer) => layer.descriptor),
  });
}

/** containerd reads the full name of the image from the first annotation, other tools read the tag from the second. */
async function writeIndex(layout, manifest, name) {
  const annotations = {
    'io.containerd.image.name': name,
    'org.opencontainers.image.ref.name': /:([^/:]+)$/.exec(name)?.[1] ?? 'latest',
  };
  const index = {
    schemaVersion: 2,
    mediaType: mediaType('index.v1+json'),
    manifests: [{ ...manifest, annotations }],
  };
  await writeFile(join(layout, 'index.json'), JSON.stringify(index));
  await writeFile(join(layout, 'oci-layout'), JSON.stringify({ imageLayoutVersion: '1.0.0' }));
}

async function writeJson(layout, type, content) {
  const bytes = Buffer.from(JSON.stringify(content));
  const hex = createHash('sha256').update(bytes).digest('hex');
  await writeFile(join(layout, 'blobs', 'sha256', hex), bytes);
  return { mediaType: type, digest: `sha256:${hex}`, size: bytes.length };
}

/** A layer has two digests: that of the stored file, and (the diffId) that of the tar in it. */
async function writeLayer(layout, layer, gzip, created) {
  const temporary = join(layout, 'layer');
  const inside = createHash('sha256');
  const stored = createHash('sha256');
  let size = 0;
  const count = new Transform({
    transform(chunk, _encoding, done) {
      stored.update(chunk);
      size += chunk.length;
      done(null, chunk);
    },
  });
  const tee = new Transform({
    transform(chunk, _encoding, done) {
      inside.update(chunk);
      done(null, chunk);
    },
  });
  const stages = gzip ? [tee, createGzip({ level: 6 }), count] : [tee, count];
  const source =
    layer.tar === undefined
      ? tarOf(layer, created)
      : { stream: createReadStream(layer.tar), ended: undefined };
  await Promise.all([pipeline(source.stream, ...stages, createWriteStream(temporary)), source.ended]);
  const hex = stored.digest('hex');
  await rename(temporary, join(layout, 'blobs', 'sha256', hex));
  return {
    diffId: `sha256:${inside.digest('hex')}`,
    descriptor: { mediaType: mediaType(`layer.v1.tar${gzip ? '+gzip' : ''}`), digest: `sha256:${hex}`, size },
  };
}

const sameBytes = (created) => [
  '--sort=name',
  '--format=posix',
  '--pax-option=delete=atime,delete=ctime',
  `--mtime=@${created.getTime() / 1000}`,
  '--numeric-owner',
];

function tarOf({ folder, keepOwners = false, exclude = [] }, created) {
  const owners = keepOwners ? ['--xattrs'] : ['--owner=0', '--group=0'];
  const excluded = exclude.map((pattern) => `--exclude=${pattern}`);
  const child = spawnTied(
    'tar',
    [...sameBytes(created), ...owners, ...excluded, '-C', folder, '-cf', '-', '.'],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  return { stream: child.stdout, ended: exitOf(child) };
}

async function tarTo(file, args, created) {
  const child = spawnTied('tar', [...sameBytes(created), '--owner=0', '--group=0', '-cf', file, ...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  await exitOf(child);
}

function exitOf(child) {
  return new Promise((resolve, reject) => {
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text) => {
      said += text;
    });
    child.once('error', reject);
    child.once('close', (code) =>
      code === 0 ? resolve() : reject(new Error(`tar ended with ${code}: ${said.trim()}`)),
    );
  });
}
