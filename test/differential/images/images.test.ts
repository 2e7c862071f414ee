import { execFile } from 'node:child_process';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '#base/clock.ts';
import { publishImage } from '#images/publish/publish-image.ts';
import { BlobFiles } from '#images/registry/blob-files.ts';
import { parseReference } from '#images/registry/reference.ts';
import { RegistryClient } from '#images/registry/registry-client.ts';
import { sender } from '#images/registry/requests.ts';
import { ImageDirectory } from '#images/tree/image-directory.ts';
import { DebianRegistry } from '#testing/debian-registry.ts';
import { writeLayout } from '#testing/image-layout.ts';
import { testRuntime } from '#testing/pilot-process.ts';
import { awkwardImages } from './awkward-images.ts';
import { type TreeEntry, treeOf } from './tree-lines.ts';

const execute = promisify(execFile);

const program = process.env.GLIDEIN_TEST_REGISTRY;

async function whyNot(): Promise<string | undefined> {
  if (process.getuid?.() !== 0) return 'only root can unpack device nodes: run the tests as root';
  if (program === undefined) return process.env.GLIDEIN_TEST_NO_REGISTRY ?? 'docker-registry is missing';
  for (const command of ['umoci', 'skopeo']) {
    const found = await execute('sh', ['-c', `command -v ${command}`]).catch(() => undefined);
    if (found === undefined) return `${command} is missing`;
  }
  return undefined;
}

const missing = await whyNot();

/**
 * Trees of the same images, from the same registry: ours beside those of umoci and apptainer. What differs on purpose:
 *
 * | ours                                       | umoci, as root       | apptainer                         |
 * |--------------------------------------------|----------------------|-----------------------------------|
 * | mount points and `.singularity.d` are added | not                  | others are added                  |
 * | everybody may read everything              | modes of the layer   | its owner may (`u+rwX`)           |
 * | nothing is setuid, setgid or sticky        | as in the layer      | as in the layer                   |
 * | no device nodes                            | there                | not                               |
 */
describe.skipIf(missing !== undefined)(
  `expanded images${missing === undefined ? '' : ` (${missing})`}`,
  () => {
    let root: string;
    let registry: DebianRegistry;
    let images: ImageDirectory;
    beforeAll(async () => {
      root = await mkdtemp(join(tmpdir(), 'glidein-trees-'));
      await chmod(root, 0o755);
      registry = await DebianRegistry.start(program ?? '');
      images = await ImageDirectory.open(join(root, 'images'));
    }, 60_000);
    afterAll(async () => {
      images?.close();
      await registry?.stop();
      await rm(root, { recursive: true, force: true });
    });

    async function ours(name: string): Promise<Map<string, TreeEntry>> {
      const reference = parseReference(`${registry.host}/${name}`);
      const { path } = await publishImage(
        reference,
        {
          client: new RegistryClient({
            registry: registry.host,
            send: sender({}),
            clock: systemClock,
            random: Math.random,
          }),
          blobs: new BlobFiles({ directory: join(root, 'layers'), clock: systemClock }),
          images,
          platform: { architecture: 'amd64', os: 'linux' },
          limits: { entries: 10_000, bytes: 2 ** 26 },
          clock: systemClock,
        },
        new AbortController().signal,
      );
      return treeOf(path);
    }

    async function umocis(layout: string): Promise<Map<string, TreeEntry>> {
      const bundle = `${layout}.umoci`;
      await execute('umoci', ['unpack', '--image', `${layout}:image`, bundle]);
      return treeOf(join(bundle, 'rootfs'));
    }

    async function apptainers(layout: string, digest: string): Promise<Map<string, TreeEntry>> {
      const sandbox = `${layout}.sandbox`;
      const environment = {
        ...process.env,
        APPTAINER_CACHEDIR: join(root, 'apptainer'),
        APPTAINER_TMPDIR: root,
      };
      await execute(
        testRuntime.apptainer,
        ['build', '--sandbox', '--force', sandbox, `oci:${layout}@${digest}`],
        {
          env: environment,
        },
      );
      return treeOf(sandbox);
    }

    it.each(Object.entries(awkwardImages))(
      'with %s are those of umoci and apptainer',
      async (what, layers) => {
        const name = what.replace(/[^a-z]+/g, '-');
        const layout = join(root, name);
        const digest = await writeLayout(layout, layers);
        await registry.push(layout, `awkward/${name}:1`);
        const tree = withoutAdded(await ours(`awkward/${name}:1`));
        expect(describeTree(tree)).toEqual(describeTree(widened(await umocis(layout))));
        expect(withoutModes(tree)).toEqual(
          withoutModes(widened(withoutAdded(await apptainers(layout, digest)))),
        );
      },
      60_000,
    );

    it('with zstd are the same as with gzip', async () => {
      const layers = Object.values(awkwardImages).flat();
      for (const compression of ['gzip', 'zstd'] as const) {
        await writeLayout(join(root, compression), layers, compression);
        await registry.push(join(root, compression), `awkward/${compression}:1`);
      }
      expect(describeTree(await ours('awkward/zstd:1'))).toEqual(describeTree(await ours('awkward/gzip:1')));
    }, 60_000);
  },
);

/** What we and apptainer add, at the top of the tree; awkward images have none of it, except for `dev` and `tmp`. */
const added = new Set(
  '.singularity.d proc sys var home root srv cvmfs mnt etc .exec .run .shell .test environment singularity'.split(
    ' ',
  ),
);

function withoutAdded(tree: ReadonlyMap<string, TreeEntry>): Map<string, TreeEntry> {
  const isOwn = ([path]: [string, TreeEntry]) => !added.has(path.split('/')[0] ?? '');
  return new Map([...tree].filter(isOwn));
}

/** The tree as payloads get it: nothing that only its owner, or only root, could use. */
function widened(tree: ReadonlyMap<string, TreeEntry>): Map<string, TreeEntry> {
  const mayUse = ([path, entry]: [string, TreeEntry]): [string, TreeEntry][] => {
    if (entry.kind === 'device') return [];
    if (entry.kind === 'link') return [[path, entry]];
    const isExecuted = entry.kind === 'directory' || (entry.mode & 0o111) !== 0;
    return [[path, { ...entry, mode: (entry.mode & 0o777) | (isExecuted ? 0o755 : 0o644) }]];
  };
  return new Map([...tree].flatMap(mayUse));
}

/** Lines that a person can compare; `dev` and `tmp` are in all of our images. */
function describeTree(tree: ReadonlyMap<string, TreeEntry>): string[] {
  return [...tree]
    .filter(([path]) => path !== 'dev' && path !== 'tmp')
    .map(
      ([path, { kind, mode, content, sameAs }]) =>
        `${path}: ${kind} ${mode.toString(8)} ${content.slice(0, 20)}${sameAs === undefined ? '' : ` = ${sameAs}`}`,
    );
}

const withoutModes = (tree: ReadonlyMap<string, TreeEntry>): string[] =>
  describeTree(new Map([...tree].map(([path, entry]) => [path, { ...entry, mode: 0 }])));
