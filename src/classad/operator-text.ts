/** An operator or a bracket, as it is written. */
export interface OperatorText {
  readonly text: string;
  /** How strongly it binds as a binary operator (all group to the left); 0 for what is none. */
  readonly strength: number;
}

/** Binary operators by their strength, the weakest first. */
const binary: readonly (readonly string[])[] = [
  ['||'],
  ['&&'],
  ['|'],
  ['^'],
  ['&'],
  ['==', '!=', '=?=', '=!=', 'is', 'isnt'],
  ['<', '<=', '>', '>='],
  ['<<', '>>', '>>>'],
  ['+', '-'],
  ['*', '/', '%'],
];
const others: readonly string[] = '! ~ ? : . , ; = ( ) [ ] { }'.split(' ');

const all: readonly OperatorText[] = [
  ...binary.flatMap((texts, weaker) => texts.map((text) => ({ text, strength: weaker + 1 }))),
  ...others.map((text) => ({ text, strength: 0 })),
];

/** Those that begin with the character of a code, the longest first. */
const byFirst: readonly (readonly OperatorText[])[] = Array.from({ length: 128 }, (_, code) =>
  all
    .filter(({ text }) => text.charCodeAt(0) === code && !/[a-z]/.test(text))
    .sort((left, right) => right.text.length - left.text.length),
);

/** The two operators that are words; they bind alike. */
export const wordStrength = binary.findIndex((texts) => texts.includes('is')) + 1;

/** The longest operator that begins at `at`; undefined when none does. */
export function operatorAt(source: string, at: number): OperatorText | undefined {
  const candidates = byFirst[source.charCodeAt(at)];
  if (candidates === undefined) return undefined;
  for (const candidate of candidates) {
    if (candidate.text.length === 1 || source.startsWith(candidate.text, at)) return candidate;
  }
  return undefined;
}
