import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { rooms } from '../../hack/rooms.mjs';

/** A violation of every wall is planted in a model of the tree, and the check must name each of them. */

const root = resolve(import.meta.dirname, '../..');
const names = Object.keys(rooms);
const furnished = names.filter((name) => rooms[name]?.folders !== undefined);
const folders = furnished.flatMap((room) =>
  Object.keys(rooms[room]?.folders ?? {}).map((folder): [string, string] => [room, folder]),
);

interface Violation {
  readonly from: string;
  readonly to: string;
  readonly rule: { readonly name: string };
}

let model: string;
let violations: readonly Violation[];

const planted: Record<string, string> = {
  // The pilot reaches the cluster side only through a third file, which the rule of its room alone would not notice.
  'src/pilot/innocent.ts': "import '#client/innocent.ts';",
  'src/client/innocent.ts': "import '#kube/door.ts';",
  'src/pool/reaching.ts': "import '#backend/reaching.ts';",
  'src/backend/reaching.ts': "import '#groups/door.ts';",
  'src/groups/client-library.ts':
    "import { KubeConfig } from '@kubernetes/client-node';\nexport const used = KubeConfig;",
  'src/match/clever.ts': "import { readFileSync } from 'node:fs';\nexport const used = readFileSync;",
  'src/pool/shortcut.ts': "import '#testing/door.ts';",
  'src/cli/composed.ts': "import '../bin/door.ts';",
  'src/utils/everything.ts': "import '#base/door.ts';",
  'src/utils/more.ts': 'export const more = 1;',
  'src/cli/handy.ts': "import '../utils/more.ts';",
  'src/base/circle.ts': "import './circle-back.ts';\nexport const circle = 1;",
  'src/base/circle-back.ts': "import './circle.ts';\nexport const back = 1;",
};

beforeAll(async () => {
  model = await mkdtemp(join(tmpdir(), 'glidein-walls-'));
  for (const file of ['package.json', 'tsconfig.json', '.dependency-cruiser.mjs', 'hack/rooms.mjs']) {
    await cp(join(root, file), join(model, file), { recursive: true });
  }
  await symlink(join(root, 'node_modules'), join(model, 'node_modules'));
  for (const name of [...names, 'testing', 'bin'])
    await write(`src/${name}/door.ts`, 'export const door = 1;');
  for (const name of names)
    await write(
      `src/${name}/planted.ts`,
      forbidden(name)
        .map((other) => `import '#${other}/door.ts';`)
        .join('\n'),
    );
  for (const [file, text] of Object.entries(planted)) await write(file, text);
  for (const [room, folder] of folders)
    await write(`src/${room}/${folder}/door.ts`, 'export const door = 1;');
  for (const [room, folder] of folders)
    await write(
      `src/${room}/${folder}/planted.ts`,
      forbiddenInside(room, folder)
        .map((door) => `import '#${room}/${door}';`)
        .join('\n'),
    );
  for (const room of furnished) await write(`src/${room}/utils/planted.ts`, "import '../door.ts';");
  violations = await cruise();
});
afterAll(() => rm(model, { recursive: true, force: true }));

const forbidden = (name: string): string[] =>
  names.filter((other) => other !== name && !rooms[name]?.may.includes(other));

/** What a folder may not import of its room: other folders, and what composes them all. */
const forbiddenInside = (room: string, folder: string): string[] => {
  const { [folder]: may = [], ...others } = rooms[room]?.folders ?? {};
  const closed = Object.keys(others).filter((other) => !may.includes(other));
  return ['door.ts', ...closed.map((other) => `${other}/door.ts`)];
};

async function write(file: string, text: string): Promise<void> {
  await mkdir(dirname(join(model, file)), { recursive: true });
  await writeFile(join(model, file), `${text}\n`);
}

/** The check as continuous integration runs it, except for the format of its output. */
function cruise(): Promise<readonly Violation[]> {
  const program = join(root, 'node_modules/dependency-cruiser/bin/dependency-cruiser.mjs');
  const args = [program, 'src', '--config', '.dependency-cruiser.mjs', '--output-type', 'json'];
  return new Promise((done, fail) => {
    execFile(process.execPath, args, { cwd: model, maxBuffer: 2 ** 28 }, (_error, out, err) => {
      try {
        done((JSON.parse(out) as { summary: { violations: Violation[] } }).summary.violations);
      } catch {
        fail(new Error(`the check did not answer: ${err}`));
      }
    });
  });
}

const found = (rule: string, from: string, to: RegExp): boolean =>
  violations.some(
    (violation) => violation.rule.name === rule && violation.from === from && to.test(violation.to),
  );

test.each(names)('imports that %s may not make are refused, and no others', (name) => {
  const caught = violations
    .filter(
      (violation) => violation.rule.name === `room-${name}` && violation.from === `src/${name}/planted.ts`,
    )
    .map((violation) => violation.to.split('/')[1]);
  expect(new Set(caught)).toEqual(new Set(forbidden(name)));
});

test.each(folders)(
  'imports that %s/%s may not make inside its room are refused, and no others',
  (room, folder) => {
    const caught = violations
      .filter(
        ({ rule, from }) =>
          rule.name === `folder-${room}-${folder}` && from === `src/${room}/${folder}/planted.ts`,
      )
      .map(({ to }) => to.replace(`src/${room}/`, ''));
    expect(new Set(caught)).toEqual(new Set(forbiddenInside(room, folder)));
  },
);

test.each(furnished)('a folder of %s that hack/rooms.mjs does not name is refused', (room) => {
  expect(found(`known-folder-${room}`, `src/${room}/utils/planted.ts`, /door/)).toBe(true);
});

test.each(folders)(
  'the folders of a room go one way: those that %s/%s imports come before it in the table',
  (room, folder) => {
    const table = rooms[room]?.folders ?? {};
    const below = Object.keys(table).slice(0, Object.keys(table).indexOf(folder));
    expect(table[folder]?.filter((other) => !below.includes(other))).toEqual([]);
  },
);

test.each([
  ['pilot-stays-small', 'src/pilot/innocent.ts', /^src\/kube\//],
  ['pool-knows-no-kubernetes', 'src/pool/reaching.ts', /^src\/groups\//],
  ['client-node-in-kube-only', 'src/groups/client-library.ts', /@kubernetes\/client-node/],
  ['pure-no-io', 'src/match/clever.ts', /fs/],
  ['testing-in-tests-only', 'src/pool/shortcut.ts', /^src\/testing\//],
  ['nobody-imports-bin', 'src/cli/composed.ts', /^src\/bin\//],
  ['known-room', 'src/utils/everything.ts', /^src\/base\//],
  ['known-room-imported', 'src/cli/handy.ts', /^src\/utils\//],
  ['no-cycle', 'src/base/circle-back.ts', /circle/],
])('an import that breaks the rule %s is refused', (rule, from, to) => {
  expect(found(rule, from, to)).toBe(true);
});
