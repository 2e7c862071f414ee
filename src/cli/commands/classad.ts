import type { Command } from 'commander';
import { systemClock } from '#base/clock.ts';
import { describeError, excerpt, GlideinError, isCode } from '#base/error.ts';
import type { ClassAd } from '#classad/class-ad.ts';
import type { Environment } from '#classad/environment.ts';
import { evaluate } from '#classad/evaluate.ts';
import { explain } from '#classad/explain.ts';
import { parseAd, parseExpression } from '#classad/parser.ts';
import { printValue } from '#classad/print.ts';
import { symmetricMatch } from '#classad/symmetric-match.ts';
import { isError } from '#classad/value.ts';
import { answerEachLine, answerEval, answerMatch } from '../classad/answers.ts';
import { explanationTable, requirementsInWords } from '../classad/explanation.ts';
import { readAd } from '../classad/read-ad.ts';
import { print, type Terminal } from '../terminal.ts';

export function classadCommand(program: Command, terminal: Terminal): void {
  const environment: Environment = { now: () => systemClock.wall() / 1000, random: Math.random };
  const classad = program
    .command('classad')
    .summary('evaluate ClassAd expressions and match ads')
    .description(
      'Evaluates expressions and matches ads in the ClassAd language, as the pool does. Needs no pool.',
    );
  evalCommand(classad, terminal, environment);
  matchCommand(classad, terminal, environment);
}

function evalCommand(classad: Command, terminal: Terminal, environment: Environment): void {
  classad
    .command('eval')
    .argument('[expression...]', 'what to evaluate; if absent, each line of the input is one')
    .summary('print the value of an expression')
    .description(
      'Prints the value of each expression. Programs write one JSON object a line to the standard input instead, ' +
        '{"e": expression, "my": ad, "target": ad}, and get one a line: {"v": value} or {"error": "parse", "at": ' +
        'offset, "message": …}. At a terminal, lines are expressions.',
    )
    .option('--my <ad>', 'the ad in which to evaluate it: [ a = 1 ], or a file')
    .option('--target <ad>', 'the ad that TARGET refers to')
    .option('--explain', 'show every clause with its value and what it reads')
    .addHelpText(
      'after',
      `
Examples:
  $ glidein classad eval '1 + 1' 'strcat("a", 5)'
  $ glidein classad eval --my job.ad --target slot.ad --explain 'MY.Requirements'
  $ echo '{"e": "a > 1", "my": "[ a = 2 ]"}' | glidein classad eval`,
    )
    .action(async (expressions: string[], flags: { my?: string; target?: string; explain?: true }) => {
      const my = flags.my === undefined ? parseAd('[]') : readAd(flags.my, terminal.directory);
      const target = flags.target === undefined ? undefined : readAd(flags.target, terminal.directory);
      const answer = (text: string) =>
        forPeople(text, {
          my,
          target,
          environment,
          explained: flags.explain === true,
          colour: terminal.colour,
        });
      for (const text of expressions) print(terminal, answer(text));
      if (expressions.length > 0) return;
      if (terminal.input.isTTY === true) await answerEachLine(terminal, patiently(answer));
      else await answerEachLine(terminal, (line) => JSON.stringify(answerEval(line, environment)));
    });
}

interface Question {
  readonly my: ClassAd;
  readonly target: ClassAd | undefined;
  readonly environment: Environment;
  readonly explained: boolean;
  readonly colour: boolean;
}

function forPeople(text: string, { my, target, environment, explained, colour }: Question): string {
  const expression = parseExpression(text);
  const value = evaluate(expression, my, target, environment);
  const reason = isError(value) ? `   (${value.reason})` : '';
  const shown = printValue(value) + reason;
  if (!explained) return shown;
  const named = expression.kind === 'reference' ? my.get(expression.name) : undefined;
  return `${shown}\n${explanationTable(explain(named ?? expression, my, target, environment), colour)}`;
}

/** A syntax error typed at the terminal is shown, and does not end the session. */
function patiently(answer: (text: string) => string): (text: string) => string {
  return (text) => {
    try {
      return answer(text);
    } catch (error) {
      if (!isCode(error, 'InvalidExpression')) throw error;
      return [...excerpt(error.place), describeError(error)].join('\n');
    }
  };
}

function matchCommand(classad: Command, terminal: Terminal, environment: Environment): void {
  classad
    .command('match')
    .argument('[left]', 'an ad, such as a job: [ a = 1 ], or a file')
    .argument('[right]', 'the other ad, such as a slot')
    .summary('tell whether two ads match each other, and why not')
    .description(
      'Tells whether the Requirements of each ad hold for the other, clause by clause. Programs write one JSON object ' +
        'a line to the standard input instead, {"left": ad, "right": ad}, and get one a line: {"match": true}.',
    )
    .action(async (left: string | undefined, right: string | undefined) => {
      if (left === undefined) {
        await answerEachLine(terminal, (line) => JSON.stringify(answerMatch(line, environment)));
        return;
      }
      if (right === undefined) {
        throw new GlideinError('InvalidArgument', 'matching needs two ads', {
          cure: 'write glidein classad match JOB SLOT',
        });
      }
      const ads = [readAd(left, terminal.directory), readAd(right, terminal.directory)] as const;
      print(terminal, symmetricMatch(...ads, environment) ? 'They match.' : 'They do not match.');
      print(terminal, requirementsInWords('left', ads[0], ads[1], environment, terminal.colour));
      print(terminal, requirementsInWords('right', ads[1], ads[0], environment, terminal.colour));
    });
}
