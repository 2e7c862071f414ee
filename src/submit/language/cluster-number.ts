/**
 * The cluster number is given by the pool when it accepts the jobs, after the submit file was expanded. Until then
 * `$(Cluster)` and `$(ClusterId)` stand in the attributes' texts as this one spelling, inside of strings and outside
 * of them alike.
 */
export const clusterPlaceholder = '$(ClusterId)';

/** As long as the placeholder, so that columns of errors stay right when an expression is checked. */
const standIn = '184467440737';

/** `text` in a form that parses as a ClassAd expression. */
export function withStandIn(text: string): string {
  return text.replaceAll(clusterPlaceholder, standIn);
}

/** Undoes {@link withStandIn} in a printed expression. */
export function withPlaceholder(text: string): string {
  return text.replaceAll(standIn, clusterPlaceholder);
}

/**
 * The attributes with the cluster's number put in; what the pool calls when it accepts a submission, for the cluster
 * ad and for the attributes of each proc. Returns the same object when nothing in it waits for the number.
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
