import { ClassAd } from '#classad/class-ad.ts';
import { isFixed } from '#spec/services/fixed-attributes.ts';
import type { SlotAttribute } from '#spec/slot-attributes.ts';

/** What a script has said of the slot. */
export interface Results {
  readonly attributes: Readonly<Record<string, SlotAttribute>>;
  /** Lines that look like an attribute and are none, or that name one that scripts may not set: why. Only the first of many. */
  readonly refused: readonly string[];
}

/** The most attributes of one script. */
const most = 64;

/** Characters of the longest expression. */
const longest = 4096;

/** The most refusals that are told. */
const mostRefused = 20;

/**
 * As what HTCondor's startd cron reads: `Name = expression`, and other lines say nothing. The blanks around are cut off before: where a
 * pattern could take them in several ways, a line of nothing else would keep the pilot busy for minutes.
 */
const line = /^([A-Za-z_][A-Za-z0-9_]*)\s*=([^=].*)$/s;

/** What the pilot itself says of services and scripts; a slot may not have it yet. */
const ofPilot = /^glidein_(services|validation_\w+)$/i;

/** @param reserved attributes, in lower case, that say what a slot is: scripts add to them */
export function readResults(output: string, reserved: ReadonlySet<string>): Results {
  const attributes: Record<string, SlotAttribute> = {};
  const refused: string[] = [];
  for (const text of output.split('\n')) {
    const [, name = '', rest = ''] = line.exec(text.trim()) ?? [];
    const expression = rest.trim();
    if (expression === '') continue;
    const problem = problemOf(name, expression, reserved, Object.keys(attributes).length);
    if (problem === undefined) attributes[name] = { expression };
    else if (refused.length < mostRefused) refused.push(problem);
  }
  return { attributes, refused };
}

function problemOf(
  name: string,
  expression: string,
  reserved: ReadonlySet<string>,
  count: number,
): string | undefined {
  if (reserved.has(name.toLowerCase()) || isFixed(name) || ofPilot.test(name))
    return `${name} says what the slot is`;
  if (count >= most) return `${name} is one of more than ${most}`;
  if (expression.length > longest) return `${name} has more than ${longest} characters`;
  try {
    new ClassAd().setText(name, expression);
    return undefined;
  } catch {
    return `${name} is no ClassAd expression`;
  }
}
