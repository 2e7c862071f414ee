import { ioModules, notInPilot, rooms } from './hack/rooms.mjs';

const roomNames = Object.keys(rooms);
const anyOf = (names) => `^src/(${names.join('|')})/`;

/** A rule a room: whatever it imports from `src/` lies in itself or in a room that it may import. */
const roomRules = roomNames.map((room) => ({
  name: `room-${room}`,
  comment: `src/${room} may import ${rooms[room].may.join(', ') || 'nothing but itself'}`,
  severity: 'error',
  from: { path: `^src/${room}/`, pathNot: '\\.test\\.ts$' },
  to: { path: '^src/', pathNot: anyOf([room, ...rooms[room].may]) },
}));

const furnished = roomNames.filter((room) => rooms[room].folders);
const inside = (room, folders) => `^src/${room}/(${folders.join('|')})/`;

/** The same for each folder of a room: whatever else it imports from the room lies in a folder that it may import. */
const folderRules = furnished.flatMap((room) =>
  Object.entries(rooms[room].folders).map(([folder, may]) => ({
    name: `folder-${room}-${folder}`,
    comment: `src/${room}/${folder} may import of its room ${may.join(', ') || 'nothing but itself'}`,
    severity: 'error',
    from: { path: inside(room, [folder]), pathNot: '\\.test\\.ts$' },
    to: { path: `^src/${room}/`, pathNot: inside(room, [folder, ...may]) },
  })),
);

const knownFolders = furnished.map((room) => ({
  name: `known-folder-${room}`,
  comment: `every folder of src/${room} is named in hack/rooms.mjs`,
  severity: 'error',
  from: { path: `^src/${room}/[^/]+/`, pathNot: inside(room, Object.keys(rooms[room].folders)) },
  to: {},
}));

const pureRooms = roomNames.filter((room) => rooms[room].pure);

export default {
  forbidden: [
    ...roomRules,
    ...folderRules,
    ...knownFolders,
    {
      name: 'known-room',
      comment: 'every source lies in a room that hack/rooms.mjs names',
      severity: 'error',
      from: { path: '^src/', pathNot: anyOf([...roomNames, 'bin', 'testing']) },
      to: {},
    },
    {
      name: 'known-room-imported',
      comment: 'nothing is imported from outside of the rooms that hack/rooms.mjs names',
      severity: 'error',
      from: {},
      to: { path: '^src/', pathNot: anyOf([...roomNames, 'bin', 'testing']) },
    },
    {
      name: 'pure-no-io',
      comment: 'these rooms decide; they read and write nothing',
      severity: 'error',
      from: { path: anyOf(pureRooms), pathNot: '\\.test\\.ts$' },
      to: { dependencyTypes: ['core'], path: `^(node:)?(${ioModules.join('|')})$` },
    },
    {
      name: 'pilot-stays-small',
      comment: 'the pilot bundle reaches nothing of the cluster side',
      severity: 'error',
      from: { path: '^src/(pilot/|bin/pilot\\.ts$)', pathNot: '\\.test\\.ts$' },
      to: { reachable: true, path: `${anyOf(notInPilot)}|node_modules/@kubernetes/client-node` },
    },
    {
      name: 'pool-knows-no-kubernetes',
      severity: 'error',
      from: { path: '^src/(pool/|bin/pool\\.ts$)', pathNot: '\\.test\\.ts$' },
      to: {
        reachable: true,
        path: `${anyOf(['kube', 'controller', 'groups', 'api'])}|node_modules/@kubernetes/client-node`,
      },
    },
    {
      name: 'client-node-in-kube-only',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/kube/' },
      to: { path: 'node_modules/@kubernetes/client-node', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'no-lazy-packages',
      comment:
        'a bundle gives a CommonJS package that is imported while the program runs as a default export alone: import a source that imports it',
      severity: 'error',
      from: { path: '^src/', pathNot: '\\.test\\.ts$' },
      to: { dynamic: true, path: 'node_modules/', pathNot: 'node_modules/@kubernetes/client-node' },
    },
    {
      name: 'testing-in-tests-only',
      severity: 'error',
      from: { path: '^src/', pathNot: '(\\.test\\.ts$|^src/testing/)' },
      to: { path: '^src/testing/' },
    },
    {
      name: 'nobody-imports-bin',
      severity: 'error',
      from: { path: '^(src|test)/', pathNot: '^src/bin/' },
      to: { path: '^src/bin/' },
    },
    { name: 'no-cycle', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'resolvable',
      severity: 'error',
      from: { path: '^(src|test)/' },
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { conditionNames: ['import', 'node', 'default'], exportsFields: ['exports'] },
  },
};
