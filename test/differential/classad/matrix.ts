import { binaryOperators, type Case, unaryOperators } from './expressions.ts';
import { signatures } from './functions.ts';
import { type SampleType, samples, sampleTypes } from './samples.ts';

/** A case that is there for what it covers. */
export interface MatrixCase extends Case {
  /** `operator type type`, `operator type`, or `function position type`. */
  readonly covers: string;
}

function of(expression: string, covers: string): MatrixCase {
  return { expression, my: null, target: null, covers };
}

/** Numbers that look random and are the same for the same seed (Marsaglia, "Xorshift RNGs", 2003). */
export function chooser(seed: number): <T>(items: readonly T[]) => T {
  let state = seed | 1;
  return (items) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return items[(state >>> 0) % items.length] as (typeof items)[number];
  };
}

type Choose = ReturnType<typeof chooser>;

/** Every operator between every two types, every function with every type in every place. */
export function matrixCases(rounds: number, seed: number): MatrixCase[] {
  const choose = chooser(seed);
  return Array.from({ length: rounds }).flatMap(() => [
    ...operatorCases(choose),
    ...Object.keys(signatures).flatMap((name) => functionCases(name, choose)),
  ]);
}

function operatorCases(choose: Choose): MatrixCase[] {
  const sample = (type: SampleType) => `(${choose(samples[type])})`;
  const unary = unaryOperators.flatMap((operator) =>
    sampleTypes.map((type) => of(`${operator}${sample(type)}`, `${operator} ${type}`)),
  );
  const binary = [...binaryOperators, '?:'].flatMap((operator) =>
    sampleTypes.flatMap((left) =>
      sampleTypes.map((right) =>
        of(`${sample(left)} ${operator} ${sample(right)}`, `${operator} ${left} ${right}`),
      ),
    ),
  );
  const conditional = sampleTypes.map((type) => of(`${sample(type)} ? 1 : 2`, `?: ${type}`));
  const subscript = sampleTypes.flatMap((left) =>
    sampleTypes.map((right) => of(`${sample(left)}[${sample(right)}]`, `[] ${left} ${right}`)),
  );
  return [...unary, ...binary, ...conditional, ...subscript];
}

/** The other arguments are of any type, or of the same one. */
function functionCases(name: string, choose: Choose): MatrixCase[] {
  const signature = signatures[name];
  if (signature === undefined) return [];
  const most = Math.max(signature.least, signature.kinds.length, 1);
  const call = (args: readonly string[]) => {
    const text = `${name}(${args.join(', ')})`;
    const changes = signature.volatile === true || (args.length === 0 && signature.volatile !== undefined);
    return changes ? `isError(${text})` : text;
  };
  const cases: MatrixCase[] = [];
  for (let count = 0; count <= most + 1; count += 1) {
    for (let position = 0; position < count; position += 1) {
      for (const type of sampleTypes) {
        const args = Array.from({ length: count }, () => choose(samples[choose(sampleTypes)]));
        args[position] = choose(samples[type]);
        cases.push(of(call(args), `${name} ${position} ${type}`));
      }
    }
  }
  return [...cases, of(call([]), `${name} without arguments`)];
}
