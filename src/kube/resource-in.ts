/**
 * The resource that a path of the API server is about, such as `pods` or `pods/status`, and `other` for what is no resource.
 * Neither a namespace nor an object is named.
 */
export function resourceIn(path: string): string {
  const parts = path.split('/').filter((part) => part !== '');
  const isCore = parts[0] === 'api';
  if (!isCore && parts[0] !== 'apis') return 'other';
  const rest = parts.slice(isCore ? 2 : 3);
  const [resource, , part] = rest[0] === 'namespaces' && rest.length > 2 ? rest.slice(2) : rest;
  if (resource === undefined) return 'other';
  return part === undefined ? resource : `${resource}/${part}`;
}
