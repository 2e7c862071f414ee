/** One rule of `transfer_output_remaps`: the job's name for a file or directory, and the name that its owner wants. */
export interface Remap {
  readonly from: string;
  readonly to: string;
}

/**
 * The rules of `a = b; c = d`. A backslash escapes a `;` or `=` in a name; blanks around names are ignored, as in HTCondor.
 * A part without `=`, or with an empty name, is ignored.
 */
export function readRemaps(text: string): Remap[] {
  return splitAt(text, ';').flatMap((rule) => {
    const [from, ...to] = splitAt(rule, '=').map(plain);
    const target = to.join('=');
    return from === undefined || from === '' || target === '' ? [] : [{ from, to: target }];
  });
}

/** The owner's name for `name`: a rule for the file itself comes before rules for the directories that contain it. */
export function remapped(name: string, rules: readonly Remap[]): string {
  for (let head = name; head !== ''; head = head.slice(0, Math.max(0, head.lastIndexOf('/')))) {
    const rule = rules.find(({ from }) => withoutSlash(from) === head);
    if (rule === undefined) continue;
    return head === name ? rule.to : `${withoutSlash(rule.to)}${name.slice(head.length)}`;
  }
  return name;
}

const withoutSlash = (path: string): string => (path.length > 1 ? path.replace(/\/+$/, '') : path);

/** The parts between separators; a separator after a backslash does not count. */
function splitAt(text: string, separator: string): string[] {
  const parts = [''];
  for (const [token] of text.matchAll(/\\[\s\S]|[\s\S]/g)) {
    if (token === separator) parts.push('');
    else parts[parts.length - 1] += token;
  }
  return parts;
}

const plain = (part: string): string => part.trim().replace(/\\([;=\\])/g, '$1');
