import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { parse, stringify } from 'yaml';

/** Values that are read by people or other charts, and by no template. */
const withoutEffect = ['global', 'watchNamespace', 'pool'];

/**
 * For every value of a schema: that one of the value files sets it, and that the chart renders otherwise without it there.
 *
 * @param {object} schema of the values
 * @param {readonly string[]} files of values
 * @param {(values: string, file: string) => Promise<unknown>} render of a chart with a text of values
 * @returns {AsyncGenerator<string>} complaints
 */
export async function* valuesWithoutEffect(schema, files, render) {
  const texts = await Promise.all(files.map(async (file) => [basename(file), await readFile(file, 'utf8')]));
  const whole = new Map();
  for (const path of leavesOf(schema, [])) {
    const name = path.join('.');
    const setting = texts.filter(([, text]) => at(parse(text), path) !== undefined);
    if (setting.length === 0) yield `no file of values sets ${name}`;
    let effect = setting.length === 0;
    for (const [file, text] of setting) {
      if (effect) break;
      if (!whole.has(file)) whole.set(file, JSON.stringify(await render(text, file)));
      effect = JSON.stringify(await render(without(text, path), file)) !== whole.get(file);
    }
    if (!effect) yield `${name} changes nothing in what the chart renders`;
  }
}

function leavesOf(node, path) {
  const names = Object.keys(node.properties ?? {}).filter(
    (name) => path.length > 0 || !withoutEffect.includes(name),
  );
  if (node.additionalProperties !== false) return [path];
  return names.flatMap((name) => leavesOf(node.properties[name], [...path, name]));
}

const at = (values, path) => path.reduce((value, name) => value?.[name], values);

/** The values without one of them. */
function without(text, path) {
  const values = parse(text);
  delete at(values, path.slice(0, -1))[path.at(-1)];
  return stringify(values);
}
