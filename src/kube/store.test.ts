import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { KubeObject } from './object.ts';
import { type Change, Store, withoutManagedFields } from './store.ts';

const object = (name: string, version: number, uid = 'u', colors: readonly string[] = []): KubeObject => ({
  metadata: {
    namespace: 'n',
    name,
    uid,
    resourceVersion: `${version}`,
    annotations: { colors: colors.join(',') },
  },
});

const colorsOf = (from: KubeObject) => (from.metadata.annotations?.colors ?? '').split(',').filter(Boolean);
const newStore = () => new Store({ color: colorsOf });

test('a change contains the object as it was before', () => {
  const store = newStore();
  const first = object('a', 1);
  const second = object('a', 2);
  expect(store.put(first)).toEqual({ type: 'added', object: first, initial: false });
  expect(store.put(object('a', 1))).toBeUndefined();
  expect(store.put(second)).toEqual({ type: 'updated', object: second, old: first });
  expect(store.remove(object('a', 3))).toEqual({ type: 'deleted', missed: false, object: object('a', 3) });
  expect(store.remove(second)).toBeUndefined();
});

test('an object with the same name and another uid is a deletion and an addition', () => {
  const store = newStore();
  store.put(object('a', 1, 'first'));
  const changes = store.replace([object('a', 5, 'second')], { initial: false });
  expect(changes.map((change) => [change.type, change.object.metadata.uid])).toEqual([
    ['deleted', 'first'],
    ['added', 'second'],
  ]);
});

test('an object that vanished unseen is distinguished from one that was seen to be deleted', () => {
  const store = newStore();
  store.put(object('seen', 1));
  store.put(object('missed', 1));
  expect(store.remove(object('seen', 2))).toMatchObject({ missed: false });
  expect(store.replace([], { initial: false })).toMatchObject([{ type: 'deleted', missed: true }]);
});

test('a list of one part does not say that the rest is gone', () => {
  const store = newStore();
  store.put(object('a', 1));
  store.put(object('b', 1));
  const changes = store.replace([], { initial: false, within: ({ metadata }) => metadata.name === 'a' });
  expect(changes.map((change) => [change.type, change.object.metadata.name])).toEqual([['deleted', 'a']]);
  expect(store.size).toBe(1);
});

test('managed fields are dropped, and nothing else', () => {
  const full = { ...object('a', 1), spec: { unknown: true } };
  const managed = { ...full, metadata: { ...full.metadata, managedFields: [{}] } };
  expect(withoutManagedFields(managed)).toEqual(full);
  expect(withoutManagedFields(full)).toBe(full);
});

test('after any changes, a store equals a plain map, and the reported changes lead there', () => {
  const item = fc.record({
    name: fc.constantFrom('a', 'b', 'c', 'd'),
    version: fc.nat(50),
    uid: fc.constantFrom('u', 'v'),
    colors: fc.uniqueArray(fc.constantFrom('red', 'blue')),
  });
  const build = (from: { name: string; version: number; uid: string; colors: string[] }) =>
    object(from.name, from.version, from.uid, from.colors);
  const step = fc.oneof(
    fc.record({ do: fc.constant('put' as const), item }),
    fc.record({ do: fc.constant('remove' as const), item }),
    fc.record({
      do: fc.constant('replace' as const),
      items: fc.uniqueArray(item, { selector: (one) => one.name }),
    }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const store = newStore();
      const told = new Map<string, string>();
      const tell = (change: Change<KubeObject> | undefined) => {
        if (change === undefined) return;
        const { name } = change.object.metadata;
        expect(told.has(name)).toBe(change.type !== 'added');
        if (change.type === 'deleted') told.delete(name);
        else told.set(name, identity(change.object));
      };
      for (const next of steps) {
        if (next.do === 'put') tell(store.put(build(next.item)));
        else if (next.do === 'remove') tell(store.remove(build(next.item)));
        else for (const change of store.replace(next.items.map(build), { initial: false })) tell(change);
        const all = [...store.all()];
        expect(new Map(all.map((one) => [one.metadata.name, identity(one)]))).toEqual(told);
        expect(store.size).toBe(all.length);
        for (const color of ['red', 'blue']) {
          const expected = all.filter((one) => colorsOf(one).includes(color));
          expect(new Set(store.indexed('color', color))).toEqual(new Set(expected));
        }
      }
    }),
  );
});

const identity = (of: KubeObject) => `${of.metadata.uid}@${of.metadata.resourceVersion}`;
