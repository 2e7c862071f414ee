import fc, { type Arbitrary } from 'fast-check';
import * as texts from './argument-texts.ts';
import { type ArgumentKind, type Signature, signatures } from './functions.ts';
import { allSamples, samples } from './samples.ts';

/** Binary operators in every spelling. */
export const binaryOperators = [
  '+',
  '-',
  '*',
  '/',
  '%',
  '==',
  '!=',
  '<',
  '<=',
  '>',
  '>=',
  '=?=',
  '=!=',
  'is',
  'isnt',
  '&&',
  '||',
  '&',
  '|',
  '^',
  '<<',
  '>>',
  '>>>',
] as const;

export const unaryOperators = ['-', '+', '!', '~'] as const;

/** The names that ads of this generator have, and some that they lack. */
export const names = ['a', 'b', 'c', 'd', 'n', 'L', 'S', 'x', 'Memory'] as const;

const pick = (texts: readonly string[]): Arbitrary<string> => fc.constantFrom(...texts);

const references = fc.oneof(
  { weight: 8, arbitrary: pick(names) },
  {
    weight: 2,
    arbitrary: fc.tuple(pick(['MY', 'TARGET', 'my', 'Target']), pick(names)).map((parts) => parts.join('.')),
  },
  {
    weight: 1,
    arbitrary: pick([
      "'a'",
      'A',
      '.a',
      '.b',
      'other.a',
      'self.a',
      'n.p',
      'n.q',
      'n.a',
      'parent.a',
      'n.parent.a',
      'n.MY.p',
    ]),
  },
  {
    weight: 1,
    arbitrary: pick(["'odd name'", 'MY', 'TARGET', 'zz', "n['p']", 'n["p"]', 'L[0]', 'L[1]', 'n.L[0]']),
  },
);

const literals = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...allSamples).map(([, text]) => text) },
  { weight: 1, arbitrary: fc.integer({ min: -20, max: 200 }).map(String) },
  {
    weight: 1,
    arbitrary: fc.tuple(fc.integer({ min: -99, max: 99 }), fc.nat(99)).map(([a, b]) => `${a}.${b}`),
  },
  { weight: 1, arbitrary: fc.string({ maxLength: 8 }).map(texts.quoted) },
);

const nameArguments = fc.oneof(
  { weight: 4, arbitrary: pick(names) },
  { weight: 1, arbitrary: pick(['MY.a', 'TARGET.b', 'n.p', '1', '"a"', 'a+1']) },
);

type Rule = 'expression' | 'number' | 'text' | 'truth' | 'postfix' | 'primary' | 'list' | 'ad' | 'call';
type Tied = Readonly<Record<Rule, Arbitrary<string>>>;

/** The arguments of a kind that need no other rule. */
const plainArguments = {
  time: pick([...texts.times, ...samples.integer]),
  instant: pick([...samples.abstime, '1700000000', '0', 'b', '-1']),
  span: pick(samples.reltime),
  version: texts.versions,
  stringList: texts.stringLists,
  separators: texts.separators,
  pattern: texts.patterns,
  options: texts.options,
  replacement: texts.replacements,
  comparison: texts.comparisons,
  format: texts.formats,
  steps: texts.steps,
  name: nameArguments,
  code: texts.codes,
  environment: texts.environments,
  user: texts.users,
  when: texts.whens,
} as const;

/** The sensible arguments of each kind. */
function argumentsOf(tied: Tied): Readonly<Record<ArgumentKind, Arbitrary<string>>> {
  const list = fc.oneof(pick(samples.list), tied.list, pick(['L', 'TARGET.L', 'split(S)']));
  return {
    ...plainArguments,
    any: tied.expression,
    boolean: tied.truth,
    number: fc.oneof(pick([...samples.integer, ...samples.real]), tied.number),
    integer: fc.oneof(pick(samples.integer), tied.number),
    string: fc.oneof(pick(samples.string), tied.text),
    list,
    numbers: list,
    texts: list,
    ads: fc.oneof(
      fc.array(tied.ad, { maxLength: 3 }).map((ads) => `{${ads.join(',')}}`),
      pick(['L', '{n,TARGET}', '{MY}', 'n', '{[a=5],1}', 'undefined', '{undefined,[b=1]}']),
    ),
  };
}

/** Arguments that make sense, mostly as many as there must be. */
function sensible(
  { least, kinds, variadic }: Signature,
  sensibleOnes: ReturnType<typeof argumentsOf>,
): Arbitrary<string[]> {
  const counts = [least, least, least, kinds.length, kinds.length];
  if (variadic === true) counts.push(kinds.length + 1, kinds.length + 2);
  return fc
    .constantFrom(...counts)
    .chain((count) =>
      fc.tuple(
        ...Array.from(
          { length: count },
          (_, index) => sensibleOnes[kinds[Math.min(index, kinds.length - 1)] ?? 'any'],
        ),
      ),
    );
}

/** A call of every function, with what it expects or with anything, and now and then with too few or too many. */
function calls(tied: Tied): Arbitrary<string> {
  const sensibleOnes = argumentsOf(tied);
  const byFunction = Object.entries(signatures).map(([name, signature]) => {
    const written = fc.constantFrom(name, name, name, name.toLowerCase(), name.toUpperCase());
    const args = fc.oneof(
      { weight: 7, arbitrary: sensible(signature, sensibleOnes) },
      {
        weight: 2,
        arbitrary: fc.array(tied.expression, {
          minLength: signature.least,
          maxLength: Math.max(signature.least, signature.kinds.length),
        }),
      },
      { weight: 1, arbitrary: fc.array(tied.expression, { maxLength: signature.kinds.length + 2 }) },
    );
    const call = fc
      .tuple(written, args, fc.constantFrom(',', ', ', ';'))
      .map(([word, values, comma]) => `${word}(${values.join(comma)})`);
    const tested = fc
      .tuple(pick(['isUndefined', 'isError', 'isInteger', 'isReal', 'isAbsTime', 'isRelTime']), call)
      .map(([test, text]) => `${test}(${text})`);
    if (signature.volatile === undefined) return call;
    return signature.volatile === true
      ? tested
      : fc.oneof(
          { weight: 1, arbitrary: tested },
          { weight: 4, arbitrary: call.filter((text) => !text.endsWith('()')) },
        );
  });
  return fc.oneof(...byFunction, pick(['noSuch(1)', 'noSuch()', "'strcat'(1)"]));
}

const gap = fc.constantFrom(' ', ' ', ' ', ' ', '', '  ', ' /* c */ ', '\n');

/** Words need blanks round them; a slash and a slash would begin a comment. */
function spaced(left: string, before: string, operator: string, after: string, right: string): string {
  const tight = /^[a-z]/.test(operator) || operator === '/' || operator.startsWith('=');
  return `${left}${tight && before === '' ? ' ' : before}${operator}${tight && after === '' ? ' ' : after}${right}`;
}

function binary(operands: Arbitrary<string>, operators: readonly string[]): Arbitrary<string> {
  return fc
    .tuple(operands, gap, pick(operators), gap, operands)
    .map(([left, before, operator, after, right]) => spaced(left, before, operator, after, right));
}

function conditional(tested: Arbitrary<string>, arms: Arbitrary<string>): Arbitrary<string> {
  return fc.tuple(tested, arms, arms).map(([test, yes, no]) => `${test} ? ${yes} : ${no}`);
}

function unary(operand: Arbitrary<string>, operators: readonly string[]): Arbitrary<string> {
  return fc
    .tuple(pick(operators), operand)
    .map(([operator, text]) => `${operator}${operator === '-' ? ' ' : ''}${text}`);
}

/** Names may be of any type; in these places they are a hint at most. */
const numbers = fc.oneof(
  { weight: 4, arbitrary: pick([...samples.integer, ...samples.real, ...samples.boolean]) },
  { weight: 2, arbitrary: pick(['a', 'b', 'Memory', 'MY.a', 'TARGET.b', 'L[0]']) },
);
const strings = fc.oneof(
  { weight: 4, arbitrary: pick(samples.string) },
  { weight: 1, arbitrary: pick(['S', 'c', 'TARGET.S']) },
);
const truths = fc.oneof(
  { weight: 3, arbitrary: pick(['true', 'false', 'undefined', 'error', '1', '0', '0.0']) },
  { weight: 1, arbitrary: pick(['a', 'd', 'TARGET.a', 'isUndefined(b)']) },
);

/** Texts and numbers that differ by little: what comparisons go wrong about. */
const near = fc.oneof(
  binary(pick(['"abc"', '"ABC"', '"Abc"', '"abd"', '"ab"', '"é"', '"É"']), [
    '==',
    '!=',
    '<',
    '<=',
    '>',
    '>=',
    'is',
    'isnt',
  ]),
  binary(pick(['2', '2.0', 'true', '1', '1.0', '2.0000000000000004', '"2"']), [
    '==',
    '!=',
    '<',
    '<=',
    '>',
    '>=',
    'is',
    'isnt',
  ]),
  binary(pick(['9007199254740993', '9007199254740992', '9007199254740992.0']), ['==', '<', '>=', 'is']),
);

const shape = {
  maxDepth: 5,
  depthIdentifier: 'classad',
  withCrossShrink: true,
  depthSize: 'medium',
} as const;

function numberRule(tied: Tied): Arbitrary<string> {
  return fc.oneof(
    shape,
    { weight: 4, arbitrary: numbers },
    {
      weight: 5,
      arbitrary: binary(tied.number, ['+', '-', '*', '/', '%', '&', '|', '^', '<<', '>>', '>>>']),
    },
    { weight: 1, arbitrary: unary(tied.number, ['-', '+', '~']) },
    {
      weight: 1,
      arbitrary: fc
        .tuple(pick(['int', 'real', 'floor', 'round', 'size', 'ceiling']), tied.expression)
        .map(([name, inner]) => `${name}(${inner})`),
    },
    { weight: 1, arbitrary: conditional(tied.truth, tied.number) },
    { weight: 1, arbitrary: tied.number.map((inner) => `(${inner})`) },
  );
}

function textRule(tied: Tied): Arbitrary<string> {
  return fc.oneof(
    shape,
    { weight: 4, arbitrary: strings },
    {
      weight: 1,
      arbitrary: fc
        .tuple(pick(['string', 'toUpper', 'toLower']), tied.expression)
        .map(([name, inner]) => `${name}(${inner})`),
    },
    {
      weight: 1,
      arbitrary: fc.tuple(tied.text, tied.text).map(([left, right]) => `strcat(${left},${right})`),
    },
    { weight: 1, arbitrary: conditional(tied.truth, tied.text) },
  );
}

function truthRule(tied: Tied): Arbitrary<string> {
  return fc.oneof(
    shape,
    { weight: 3, arbitrary: truths },
    { weight: 4, arbitrary: binary(tied.truth, ['&&', '||', '==', '!=', '=?=', '=!=']) },
    { weight: 3, arbitrary: binary(tied.number, ['<', '<=', '>', '>=', '==', '!=', 'is', 'isnt']) },
    { weight: 3, arbitrary: near },
    { weight: 2, arbitrary: binary(tied.text, ['<', '<=', '>', '>=', '==', '!=', 'is', 'isnt']) },
    { weight: 1, arbitrary: unary(tied.truth, ['!']) },
    { weight: 1, arbitrary: tied.truth.map((inner) => `(${inner})`) },
  );
}

function expressionRule(tied: Tied): Arbitrary<string> {
  return fc.oneof(
    shape,
    { weight: 4, arbitrary: tied.primary },
    { weight: 3, arbitrary: binary(tied.expression, binaryOperators) },
    { weight: 3, arbitrary: tied.number },
    { weight: 3, arbitrary: tied.truth },
    { weight: 1, arbitrary: near },
    { weight: 1, arbitrary: tied.text },
    { weight: 5, arbitrary: tied.call },
    { weight: 2, arbitrary: tied.postfix },
    { weight: 1, arbitrary: unary(tied.expression, unaryOperators) },
    { weight: 1, arbitrary: conditional(tied.expression, tied.expression) },
  );
}

function postfixRule(tied: Tied): Arbitrary<string> {
  const selected = fc
    .tuple(tied.postfix, pick(['a', 'p', 'q', 'b', 'MY', 'L', 'parent']))
    .map(([base, name]) => (/[0-9.]$/.test(base) ? `(${base}).${name}` : `${base}.${name}`));
  return fc.oneof(
    shape,
    tied.primary,
    fc.tuple(tied.postfix, tied.postfix).map(([left, right]) => `${left} ?: ${right}`),
    selected,
    fc.tuple(tied.postfix, tied.expression).map(([base, index]) => `${base}[${index}]`),
  );
}

function primaryRule(tied: Tied): Arbitrary<string> {
  return fc.oneof(
    shape,
    { weight: 5, arbitrary: literals },
    { weight: 6, arbitrary: references },
    { weight: 2, arbitrary: tied.expression.map((inner) => `(${inner})`) },
    { weight: 1, arbitrary: tied.list },
    { weight: 1, arbitrary: tied.ad },
  );
}

const few = { maxLength: 3, depthIdentifier: 'classad' } as const;

/** Expressions of the whole grammar, the ill-typed and the well-typed in a fair mixture. */
export const { expression } = fc.letrec<Record<Rule, string>>((tie) => {
  const tied: Tied = {
    expression: tie('expression'),
    number: tie('number'),
    text: tie('text'),
    truth: tie('truth'),
    postfix: tie('postfix'),
    primary: tie('primary'),
    list: tie('list'),
    ad: tie('ad'),
    call: tie('call'),
  };
  return {
    expression: expressionRule(tied),
    number: numberRule(tied),
    text: textRule(tied),
    truth: truthRule(tied),
    postfix: postfixRule(tied),
    primary: primaryRule(tied),
    list: fc.array(tied.expression, few).map((items) => `{${items.join(', ')}}`),
    ad: fc
      .array(fc.tuple(pick(['p', 'q', 'a', 'b', 'P']), tied.expression), few)
      .map((entries) => `[${entries.map(([name, value]) => `${name} = ${value}`).join('; ')}]`),
    call: calls(tied),
  };
});

/** An ad whose attributes are of {@link names}: constants of all types, a nested ad, lists, and expressions. */
function ads(expressions: Arbitrary<string>): Arbitrary<string> {
  const entry = fc.tuple(
    pick(names),
    fc.oneof({ weight: 4, arbitrary: literals }, { weight: 1, arbitrary: expressions }),
  );
  const fixed = fc.constantFrom(
    '',
    'n = [p = 1; q = a; L = {1,2}]; ',
    'L = {1,2,3}; ',
    'L = {[a=1],[a=2;b=3]}; ',
    'S = "a,b,c"; ',
    "'odd name' = 7; ",
  );
  return fc
    .tuple(fixed, fc.array(entry, { maxLength: 4 }))
    .map(
      ([first, entries]) => `[${first}${entries.map(([name, value]) => `${name} = ${value}`).join('; ')}]`,
    );
}

/** An expression with the ads that it is evaluated in; `my` and `target` may be missing. */
export interface Case {
  readonly expression: string;
  readonly my: string | null;
  readonly target: string | null;
}

export const cases: Arbitrary<Case> = fc.record({
  expression,
  my: fc.option(ads(expression), { freq: 5 }),
  target: fc.option(ads(expression), { freq: 2 }),
});
