import type { JobFile } from './file.ts';

/** Among inputs with the same name the last one wins, as with HTCondor's transfer_input_files. */
export function lastOfEachName(inputs: readonly JobFile[]): readonly JobFile[] {
  const byName = new Map(inputs.map((input) => [input.name, input]));
  return byName.size === inputs.length ? inputs : [...byName.values()];
}

/** Two inputs that cannot both exist, because one is a file where the other needs a folder; undefined if there are none. */
export function clashOf(
  inputs: readonly Pick<JobFile, 'name' | 'emptyFolder'>[],
): readonly [file: string, inside: string] | undefined {
  const names = new Set(inputs.filter(({ emptyFolder }) => emptyFolder !== true).map(({ name }) => name));
  for (const { name } of inputs) {
    for (let slash = name.indexOf('/'); slash > 0; slash = name.indexOf('/', slash + 1)) {
      const folder = name.slice(0, slash);
      if (names.has(folder)) return [folder, name];
    }
  }
  return undefined;
}
