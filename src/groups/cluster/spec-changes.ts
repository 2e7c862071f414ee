import type { ChangeSource } from '#controller/controller.ts';
import type { KubeObject } from '#kube/object.ts';

/** The changes of `source` without those of a status alone: what a program writes there itself is no news to it. */
export function specChanges<T extends KubeObject>(source: ChangeSource<T>): ChangeSource<T> {
  return {
    onChange: (handler) =>
      source.onChange((change) => {
        if (change.type !== 'updated' || isNews(change.old, change.object)) handler(change);
      }),
  };
}

const isNews = (old: KubeObject, object: KubeObject): boolean =>
  old.metadata.generation !== object.metadata.generation ||
  old.metadata.uid !== object.metadata.uid ||
  old.metadata.deletionTimestamp !== object.metadata.deletionTimestamp;
