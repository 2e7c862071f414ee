/**
 * Stands for the cluster number in attributes' texts, both inside and outside of strings, however the user spelled it
 * (`$(Cluster)` or `$(ClusterId)`): the pool only assigns the number when it accepts the jobs, after the submit file was
 * expanded.
 */
export const clusterPlaceholder = '$(ClusterId)';

/** As long as the placeholder, so that errors in an expression are reported at the right column. */
const standIn = '184467440737';

/** `text` with a number for the placeholder, so that it parses as a ClassAd expression. */
export function withStandIn(text: string): string {
  return text.replaceAll(clusterPlaceholder, standIn);
}

/** Undoes {@link withStandIn} in a printed expression. */
export function withPlaceholder(text: string): string {
  return text.replaceAll(standIn, clusterPlaceholder);
}

/**
 * The attributes with the cluster number filled in. The pool calls this when it accepts a submission, for the cluster ad
 * and for the attributes of each proc. Returns the same object when nothing in it refers to the number.
 */
export function substituteCluster(
  texts: Readonly<Record<string, string>>,
  clusterId: number,
): Readonly<Record<string, string>> {
  let changed: Record<string, string> | undefined;
  for (const [name, text] of Object.entries(texts)) {
    if (!text.includes(clusterPlaceholder)) continue;
    changed ??= { ...texts };
    changed[name] = text.replaceAll(clusterPlaceholder, String(clusterId));
  }
  return changed ?? texts;
}
