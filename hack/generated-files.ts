import { crdText } from '#api/crd.ts';
import { type Kind, kinds } from '#api/kinds.ts';
import { referenceText } from '#api/reference-text.ts';

/** Every file that is generated from the schemas in `src/api`, and what it must contain. */
export function generatedFiles(): ReadonlyMap<string, string> {
  const all: readonly Kind[] = Object.values(kinds);
  return new Map([
    ...all.map((kind) => [`crds/${kind.plural}.yaml`, crdText(kind)] as const),
    ['docs/reference/resources.md', referenceText(all)],
  ]);
}
