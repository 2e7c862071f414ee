import { GlideinError } from '#base/error.ts';
import type { Expression } from '#classad/ast.ts';
import { printValue } from '#classad/print.ts';
import { references } from '#classad/references.ts';
import { listLimit, readExpression } from '../query-options.ts';

/** Which slots to list, and what of them. */
export interface SlotQuestion {
  readonly names: readonly string[];
  /** What is sent to the pool: all conditions together. */
  readonly constraint: string | undefined;
  readonly limit: number | undefined;
  readonly af: readonly { readonly text: string; readonly expression: Expression }[] | undefined;
  readonly letters: string | undefined;
  readonly attributes: readonly string[] | undefined;
  readonly look: 'slots' | 'compact' | 'total' | 'long' | 'services';
}

/** The options of `status` that ask for slots. */
export interface SlotFlags {
  readonly slots?: boolean;
  readonly services?: boolean;
  readonly compact?: boolean;
  readonly total?: boolean;
  readonly long?: boolean;
  readonly avail?: boolean;
  readonly claimed?: boolean;
  readonly constraint?: string;
  readonly limit?: string;
  readonly af?: readonly string[];
  readonly afForm?: string;
  readonly attributes?: string;
}

/** Whether the words and options ask for slots, and not for groups and pilots. */
export const asksForSlots = (names: readonly string[], flags: SlotFlags): boolean =>
  names.length > 0 || slotOptions.some((name) => flags[name] !== undefined);

const slotOptions = [
  'slots',
  'services',
  'compact',
  'total',
  'long',
  'avail',
  'claimed',
  'constraint',
  'limit',
  'af',
  'afForm',
  'attributes',
] as const satisfies readonly (keyof SlotFlags)[];

/** Checks the options before the pool is asked. @throws GlideinError InvalidArgument, InvalidExpression */
export function slotQuestion(names: readonly string[], flags: SlotFlags): SlotQuestion {
  if (flags.constraint !== undefined) readExpression('constraint', flags.constraint);
  return {
    names,
    constraint: allOf([
      names.map(isNamed).join(' || '),
      flags.constraint ?? '',
      flags.avail === true ? 'State == "Unclaimed" && Cpus > 0' : '',
      flags.claimed === true ? 'State == "Claimed"' : '',
      flags.compact === true || flags.services === true ? 'PartitionableSlot' : '',
    ]),
    limit: listLimit(flags.limit ?? 'all', 'slots'),
    af: flags.af?.map((text) => ({ text, expression: readExpression('af', text) })),
    letters: flags.afForm,
    attributes: flags.attributes?.split(',').map(attributeName),
    look: lookOf(flags),
  };
}

/** @throws GlideinError InvalidArgument if options exclude each other, or --af-form is without --af */
function lookOf(flags: SlotFlags): SlotQuestion['look'] {
  if (flags.afForm !== undefined && flags.af === undefined)
    throw new GlideinError('InvalidArgument', '--af-form says how --af prints, and there is no --af');
  requireAtMostOne(flags, ['avail', 'claimed']);
  const asked = requireAtMostOne(flags, ['compact', 'total', 'long', 'af', 'services']);
  const [look = 'slots'] = asked;
  return look === 'af' ? 'slots' : look;
}

/** @returns those that are given @throws GlideinError InvalidArgument if that is more than one */
function requireAtMostOne<Name extends keyof SlotFlags>(flags: SlotFlags, names: readonly Name[]): Name[] {
  const asked = names.filter((name) => flags[name] !== undefined);
  if (asked.length <= 1) return asked;
  throw new GlideinError('InvalidArgument', `--${asked[0]} and --${asked[1]} exclude each other`, {
    cure: 'leave one of them out',
  });
}

/** A slot, a pilot with all of its slots, or a machine with all of its pilots. */
function isNamed(name: string): string {
  const text = printValue(name);
  return `Name == ${text} || GLIDEIN_Pilot == ${text} || Machine == ${text}`;
}

function allOf(conditions: readonly string[]): string | undefined {
  const given = conditions.filter((condition) => condition !== '');
  return given.length === 0 ? undefined : given.map((condition) => `(${condition})`).join(' && ');
}

/** @throws GlideinError InvalidArgument */
function attributeName(text: string): string {
  const name = text.trim();
  if (/^[A-Za-z_]\w*$/.test(name)) return name;
  throw new GlideinError('InvalidArgument', `--attributes: "${name}" is not the name of an attribute`, {
    cure: 'write names with commas between them, such as --attributes Name,Cpus',
  });
}

/** The attributes that expressions read; undefined if it could be any. */
export function attributesOf(expressions: readonly Expression[]): readonly string[] | undefined {
  const names = new Set<string>();
  for (const expression of expressions) {
    const { my, bare, anything } = references(expression);
    if (anything) return undefined;
    for (const name of [...my, ...bare]) names.add(name);
  }
  return [...names];
}
