import { crdText } from '#api/crd.ts';
import type { Kind } from '#api/kinds.ts';

/**
 * The definition of a kind as a template of the chart `glidein-crds`: the same text, and, where the value `keep` says so,
 * the annotation that lets it stay when the chart is uninstalled.
 */
export function crdTemplate(kind: Kind): string {
  // Helm would read them as its own.
  const text = crdText(kind).replaceAll('{{', '{{ "{{" }}');
  const name = /^metadata:\n {2}name: .*\n/m;
  if (!name.test(text)) throw new Error(`the definition of ${kind.kind} does not begin as expected`);
  return text.replace(name, (found) => `${found}${keep}`);
}

const keep = `{{- if .Values.keep }}
  annotations:
    helm.sh/resource-policy: keep
{{- end }}
`;
