/** What a registry wants of whoever asks without a right to (RFC 9110 §11.6.1, and the registries' token authentication). */
export type Challenge =
  | { readonly scheme: 'Basic' }
  | {
      readonly scheme: 'Bearer';
      /** The URL of the token server. */
      readonly realm: string;
      readonly service: string | undefined;
      readonly scope: string | undefined;
    };

/** One `name=value` of a challenge; the value is a token or a quoted string. No name begins within another, or a long one would take long. */
const parameter = /(?<![a-z_])([a-z_]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))/gi;

/** Reads the `WWW-Authenticate` header of an answer. @returns undefined if it asks for nothing that we can do */
export function parseChallenge(header = ''): Challenge | undefined {
  const [, scheme = '', rest = ''] = /^\s*([a-z]+)\s*(.*)$/is.exec(header) ?? [];
  switch (scheme.toLowerCase()) {
    case 'basic':
      return { scheme: 'Basic' };
    case 'bearer':
      return bearer(parametersOf(rest));
    default:
      return undefined;
  }
}

function bearer(values: ReadonlyMap<string, string>): Challenge | undefined {
  const realm = values.get('realm');
  if (realm === undefined || !/^https?:\/\//i.test(realm)) return undefined;
  return { scheme: 'Bearer', realm, service: values.get('service'), scope: values.get('scope') };
}

function parametersOf(text: string): Map<string, string> {
  const values = new Map<string, string>();
  for (const [, name = '', quoted, plain = ''] of text.matchAll(parameter))
    values.set(name.toLowerCase(), quoted === undefined ? plain : quoted.replace(/\\(.)/g, '$1'));
  return values;
}
