import { crdText } from '#api/crd.ts';
import { type Kind, kinds } from '#api/kinds.ts';
import { referenceText } from '#api/reference-text.ts';
import { valuesFiles } from './chart-values/files.ts';
import { crdTemplate } from './crd-template.ts';

/** The folders that hold nothing but generated files. */
export const generatedFolders = ['crds', 'charts/glidein-crds/templates'];

/** Every file that is generated from the schemas in `src/api` and the charts' values, and what it must contain. */
export function generatedFiles(): ReadonlyMap<string, string> {
  const all: readonly Kind[] = Object.values(kinds);
  return new Map([
    ...all.map((kind) => [`crds/${kind.plural}.yaml`, crdText(kind)] as const),
    ...all.map((kind) => [`charts/glidein-crds/templates/${kind.plural}.yaml`, crdTemplate(kind)] as const),
    ['docs/reference/resources.md', referenceText(all)],
    ...valuesFiles(),
  ]);
}
