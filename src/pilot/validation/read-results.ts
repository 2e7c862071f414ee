import { ClassAd } from '#classad/class-ad.ts';
import type { SlotAttribute } from '#spec/slot-attributes.ts';

/** What a script has said of the slot. */
export interface Results {
  readonly attributes: Readonly<Record<string, SlotAttribute>>;
  /** Lines that look like an attribute and are none, or that name one that scripts may not set: why. */
  readonly refused: readonly string[];
}

/** The most attributes of one script. */
const most = 64;

/** Characters of the longest expression. */
const longest = 4096;

/** As what HTCondor's startd cron reads: `Name = expression`, and other lines say nothing. */
const line = /^\s*([A-Za-z_][A-Za-z0-9_]*)\s*=\s*([^=].*?)\s*$/;

/** @param reserved attributes, in lower case, that say what a slot is: scripts add to them */
export function readResults(output: string, reserved: ReadonlySet<string>): Results {
  const attributes: Record<string, SlotAttribute> = {};
  const refused: string[] = [];
  for (const [, name = '', expression = ''] of output
    .split('\n')
    .flatMap((text) => [line.exec(text) ?? []])) {
    if (name === '') continue;
    const problem = problemOf(name, expression, reserved, Object.keys(attributes).length);
    if (problem === undefined) attributes[name] = { expression };
    else refused.push(problem);
  }
  return { attributes, refused };
}

function problemOf(
  name: string,
  expression: string,
  reserved: ReadonlySet<string>,
  count: number,
): string | undefined {
  if (reserved.has(name.toLowerCase())) return `${name} says what the slot is`;
  if (count >= most) return `${name} is one of more than ${most}`;
  if (expression.length > longest) return `${name} has more than ${longest} characters`;
  try {
    new ClassAd().setText(name, expression);
    return undefined;
  } catch {
    return `${name} is no ClassAd expression`;
  }
}
