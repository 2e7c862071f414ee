import { isCode } from '#base/error.ts';
import type { Call, Expression, RecordExpression, Select } from './ast.ts';
import { children } from './children.ts';
import { parseExpression } from './grammar.ts';
import { asciiLower } from './names.ts';
import { isSpecialName, type SpecialName } from './scope.ts';

/** The names that an expression reads, in lower case, by where it looks for them. */
export interface References {
  /** After `MY.` or `self.`, and after a leading dot. */
  readonly my: ReadonlySet<string>;
  /** After `TARGET.` or `other.` */
  readonly target: ReadonlySet<string>;
  /** Without a prefix: searched in the own ad, then in the other. */
  readonly bare: ReadonlySet<string>;
  /** Whether there is an `eval` of something that is no literal text, or an ad as a value: they may be asked for any name. */
  readonly anything: boolean;
  /** Whether it asks for the time or for chance: the same ads may give another value later. */
  readonly clock: boolean;
}

interface Found {
  readonly my: Set<string>;
  readonly target: Set<string>;
  readonly bare: Set<string>;
  anything: boolean;
  clock: boolean;
}

const prefixes: ReadonlyMap<string, 'my' | 'target'> = new Map([
  ['my', 'my'],
  ['self', 'my'],
  ['target', 'target'],
  ['other', 'target'],
]);

/** Functions that give something else at another time, some of them only without arguments. */
const clockFunctions: ReadonlySet<string> = new Set([
  'time',
  'currenttime',
  'timezoneoffset',
  'daytime',
  'abstime',
  'formattime',
  'splittime',
  'random',
]);

const noNames: ReadonlySet<string> = new Set();

/**
 * The attributes that `expression` refers to, not following them any further. Names that a record inside of
 * the expression defines itself are left out; of `a.b.c` only `a` counts, of `MY.a.b` the `a` of my own ad.
 */
export function references(expression: Expression): References {
  const found: Found = { my: new Set(), target: new Set(), bare: new Set(), anything: false, clock: false };
  collect(expression, noNames, found);
  return found;
}

function collect(expression: Expression, bound: ReadonlySet<string>, found: Found): void {
  switch (expression.kind) {
    case 'literal':
      break;
    case 'reference':
      collectName(asciiLower(expression.name), expression.absolute, bound, found);
      break;
    case 'select':
      collectSelect(expression, bound, found);
      break;
    case 'record':
      collectRecord(expression, bound, found);
      break;
    case 'call':
      collectCall(expression, bound, found);
      break;
    default:
      for (const child of children(expression)) collect(child, bound, found);
  }
}

function collectSelect({ base, name }: Select, bound: ReadonlySet<string>, found: Found): void {
  const prefix =
    base.kind === 'reference' && !base.absolute ? prefixes.get(asciiLower(base.name)) : undefined;
  const key = asciiLower(name);
  if (isSpecialName(key)) collectSpecial(key, found);
  if (prefix !== undefined) {
    found[prefix].add(key);
    return;
  }
  // What an ad lacks is looked for in the ads around it, and that may be either of the two.
  collect(base, bound, found);
  found.my.add(key);
  found.target.add(key);
}

/** An ad as a value may be asked for any name: `TARGET["Memory"]`. */
function collectSpecial(name: SpecialName, found: Found): void {
  if (name === 'currenttime') found.clock = true;
  else readAnything(found);
}

/** The text of `eval` is an expression too. */
function collectCall({ name, args }: Call, bound: ReadonlySet<string>, found: Found): void {
  for (const argument of args) collect(argument, bound, found);
  if (clockFunctions.has(asciiLower(name))) found.clock = true;
  const [text] = args;
  if (asciiLower(name) !== 'eval' || text === undefined) return;
  if (text.kind !== 'literal' || typeof text.value !== 'string') {
    readAnything(found);
    return;
  }
  try {
    collect(parseExpression(text.value), bound, found);
  } catch (error) {
    // What does not parse reads nothing.
    if (!isCode(error, 'InvalidExpression')) throw error;
  }
}

function collectName(key: string, absolute: boolean, bound: ReadonlySet<string>, found: Found): void {
  if (isSpecialName(key)) collectSpecial(key, found);
  if (absolute) found.my.add(key);
  else if (!bound.has(key)) found.bare.add(key);
}

function readAnything(found: Found): void {
  found.anything = true;
  found.clock = true;
}

function collectRecord({ entries }: RecordExpression, bound: ReadonlySet<string>, found: Found): void {
  const inner = new Set([...bound, ...entries.map((entry) => asciiLower(entry.name))]);
  for (const { expression } of entries) collect(expression, inner, found);
}
