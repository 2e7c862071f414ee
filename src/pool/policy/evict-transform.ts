import { GlideinError } from '#base/error.ts';
import { holdCodes } from '#base/hold-codes.ts';
import type { Expression } from '#classad/ast.ts';
import { type ClassAd, expressionOf } from '#classad/class-ad.ts';
import type { Environment } from '#classad/environment.ts';
import { evaluate } from '#classad/evaluate.ts';
import { parseExpression } from '#classad/grammar.ts';
import { asciiLower } from '#classad/names.ts';
import { printExpression } from '#classad/print.ts';
import { asNumber, truth } from '#classad/value.ts';
import { poolAttributes } from '#submit/attributes/pool-attributes.ts';
import type { AdTexts } from '#wire/ad-texts.ts';
import type { Hold } from '../jobs/job.ts';

/** The most characters of an attribute that a transform may set, and the most attributes: a job must not grow with its tries. */
const longestText = 1024;
const mostSets = 16;

/**
 * Applies the transforms that a job names in `TransformOnEvict`, as HTCondor's shadow does before it holds a job that used too
 * much. `TransformBody_NAME` has steps between record separators: `REQUIREMENTS EXPRESSION`, then `SET ATTRIBUTE EXPRESSION`
 * and `EVALSET`, which sets the value. condor_submit writes them for `retry_request_memory`.
 * @param ad the whole ad of the job; it stays as it is
 * @param why for what the job is to be held
 * @returns the attributes that change, if one of them is a request: the job runs again. Undefined if it is to be held: the
 * transforms do not apply, change no request, or have another step, such as `RENAME`
 */
export function transformOnEvict(ad: ClassAd, why: Hold, environment: Environment): AdTexts | undefined {
  if (why.code !== holdCodes.outOfResources) return undefined;
  const names = ad.evaluateString('TransformOnEvict', undefined, environment)?.match(/[^\s,]+/g) ?? [];
  if (names.length === 0) return undefined;
  const transform = new Transform(ad, environment);
  transform.ad.setValue('VacateReasonCode', why.code).setValue('VacateReasonSubCode', why.subcode ?? 0);
  try {
    for (const name of names) transform.apply(name);
  } catch (error) {
    // The author of the job wrote it: whatever is wrong with it, the job is held.
    if (error instanceof GlideinError) return undefined;
    throw error;
  }
  const isRequest = (name: string) => /^request/i.test(name) && transform.sets[name] !== textOf(ad, name);
  return Object.keys(transform.sets).some(isRequest) ? transform.sets : undefined;
}

function textOf(ad: ClassAd, name: string): string | undefined {
  const expression = ad.get(name);
  return expression === undefined ? undefined : printExpression(expression, 'wire');
}

/** Each step sees what the steps before it have set. */
class Transform {
  readonly ad: ClassAd;
  readonly sets: Record<string, string> = {};
  readonly #environment: Environment;

  constructor(ad: ClassAd, environment: Environment) {
    this.ad = ad.clone();
    this.#environment = environment;
  }

  /** @throws GlideinError for a step that cannot be applied */
  apply(name: string): void {
    const body = this.ad.evaluateString(`TransformBody_${name}`, undefined, this.#environment) ?? '';
    for (const step of body.split('\x1e')) {
      const [, verb = '', rest = ''] = /^\s*(\S+)\s*(.*)$/s.exec(step) ?? [];
      if (asciiLower(verb) === 'requirements') {
        if (!this.#isTrue(rest)) return;
      } else if (verb !== '') this.#set(asciiLower(verb), rest);
    }
  }

  #isTrue(text: string): boolean {
    return truth(evaluate(parseExpression(text), this.ad, undefined, this.#environment)) === true;
  }

  #number(name: string, expression: Expression): Expression {
    const value = evaluate(expression, this.ad, undefined, this.#environment);
    if (asNumber(value) === undefined) throw notApplied(`${name} would be no number`);
    return expressionOf(value);
  }

  #set(verb: string, rest: string): void {
    const [, name = '', text = ''] = /^([A-Za-z_]\w*)\s+(.*)$/s.exec(rest) ?? [];
    const isKnown = (verb === 'set' || verb === 'evalset') && name !== '';
    if (!isKnown || poolAttributes.has(asciiLower(name))) throw notApplied(`${verb} ${name}`);
    const written = parseExpression(text);
    const expression = verb === 'set' ? written : this.#number(name, written);
    this.ad.set(name, expression);
    const printed = printExpression(expression, 'wire');
    this.sets[name] = printed;
    if (printed.length > longestText || Object.keys(this.sets).length > mostSets)
      throw notApplied('the job would grow too much');
  }
}

const notApplied = (what: string) =>
  new GlideinError('InvalidExpression', `a transform of the job is not applied: ${what}`);
