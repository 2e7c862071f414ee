/** One rule of `transfer_output_remaps`: what the job calls a file or a directory, and what it is called for its owner. */
export interface Remap {
  readonly from: string;
  readonly to: string;
}

/**
 * The rules of `a = b; c = d`. A backslash takes a `;` or `=` into a name; blanks around names do not count, as with
 * HTCondor. What has no `=`, or an empty name, is no rule.
 */
export function readRemaps(text: string): Remap[] {
  return splitAt(text, ';').flatMap((rule) => {
    const [from, ...to] = splitAt(rule, '=').map(plain);
    const target = to.join('=');
    return from === undefined || from === '' || target === '' ? [] : [{ from, to: target }];
  });
}

/** What `name` is called for the owner: a rule of its own counts before those of the directories that it lies in. */
export function remapped(name: string, rules: readonly Remap[]): string {
  for (let head = name; head !== ''; head = head.slice(0, Math.max(0, head.lastIndexOf('/')))) {
    const rule = rules.find(({ from }) => withoutSlash(from) === head);
    if (rule === undefined) continue;
    return head === name ? rule.to : `${withoutSlash(rule.to)}${name.slice(head.length)}`;
  }
  return name;
}

const withoutSlash = (path: string): string => (path.length > 1 ? path.replace(/\/+$/, '') : path);

/** Parts between separators that have no backslash before them. */
function splitAt(text: string, separator: string): string[] {
  const parts = [''];
  for (const [token] of text.matchAll(/\\[\s\S]|[\s\S]/g)) {
    if (token === separator) parts.push('');
    else parts[parts.length - 1] += token;
  }
  return parts;
}

const plain = (part: string): string => part.trim().replace(/\\([;=\\])/g, '$1');
