import { GlideinError } from '#base/error.ts';
import { truncate } from '#base/truncate.ts';
import type { ClassAd } from '#classad/class-ad.ts';
import { printValue } from '#classad/print.ts';
import type { PoolClient } from '#client/pool-client.ts';
import { slotPages } from '#client/slot-pages.ts';
import { adFromTexts } from '#wire/ad-texts.ts';

/** Which pilots to drain: those that any of it names. */
export interface PilotChoice {
  readonly pilots: readonly string[];
  readonly group: string | undefined;
  readonly node: string | undefined;
  readonly all: boolean;
}

/** A pilot as its partitionable slot shows it. */
export interface ChosenPilot {
  readonly uid: string;
  readonly name: string;
  readonly site: string;
  readonly isDraining: boolean;
  readonly reason: string | undefined;
  /** Whether it has been asked to come back and has not answered yet. */
  readonly isAsked: boolean;
  /** When it ends, whatever still runs, in epoch seconds; undefined if it did not say. */
  readonly endAt: number | undefined;
}

/** @throws GlideinError InvalidArgument if nothing is chosen, or everything and something else */
export function requireChoice({ pilots, group, node, all }: PilotChoice): void {
  const isNothing = pilots.length === 0 && group === undefined && node === undefined;
  if (all !== isNothing)
    throw new GlideinError(
      'InvalidArgument',
      all ? '--all leaves nothing else to choose' : 'no pilot is named',
      {
        cure: all
          ? 'leave out either --all or the rest'
          : 'name pilots, or write --group GROUP, --node MACHINE or --all; `glidein status` lists pilots',
      },
    );
}

/** The condition on slots that chooses them. */
function choiceOf({ pilots, group, node, all }: PilotChoice): string {
  if (all) return 'true';
  const [, groupName = '', site] = /^([^@]*)(?:@(.*))?$/s.exec(group ?? '') ?? [];
  return [
    ...pilots.map(pilotNamed),
    ...(group === undefined ? [] : [`GLIDEIN_Group == ${printValue(groupName)}${ofSite(site)}`]),
    ...(node === undefined ? [] : [`Machine == ${printValue(node)}`]),
  ].join(' || ');
}

/** A pilot is named by its name, its uid, or NAME@SITE: pilots of several sites may have one name. */
function pilotNamed(word: string): string {
  const [, name = '', site] = /^(.*)@([^@]*)$/s.exec(word) ?? [];
  const atSite = site === undefined ? '' : ` || GLIDEIN_Pilot == ${printValue(name)}${ofSite(site)}`;
  return `GLIDEIN_Pilot == ${printValue(word)} || GLIDEIN_PilotUid == ${printValue(word)}${atSite}`;
}

const ofSite = (site: string | undefined): string =>
  site === undefined ? '' : ` && GLIDEIN_Site == ${printValue(site)}`;

/** The pilots of a choice that are registered now. */
export const chosenPilots = async (
  client: Pick<PoolClient, 'json'>,
  choice: PilotChoice,
  signal: AbortSignal,
): Promise<readonly ChosenPilot[]> =>
  (await slotsThat(client, `PartitionableSlot && (${choiceOf(choice)})`, signal)).map(pilotOf);

/**
 * @throws GlideinError NotFound for the first name of which there is no pilot, or if there is none at all; InvalidArgument for a
 * name that pilots of several sites have
 */
export function requireFound(choice: PilotChoice, found: readonly ChosenPilot[]): void {
  for (const word of choice.pilots) requireOne(word, found);
  if (found.length > 0 || choice.all) return;
  const { group, node } = choice;
  throw noPilot(
    `no pilot ${group === undefined ? `on the machine ${node}` : `of the group ${group}`} is registered`,
  );
}

function requireOne(word: string, found: readonly ChosenPilot[]): void {
  const is = (name: string): boolean => name.toLowerCase() === word.toLowerCase();
  if (found.some(({ uid, name, site }) => is(uid) || is(`${name}@${site}`))) return;
  const sites = [...new Set(found.filter(({ name }) => is(name)).map(({ site }) => site))];
  const [first] = sites;
  const shown = truncate(word, 253);
  if (first === undefined) throw noPilot(`no pilot ${shown} is registered`);
  if (sites.length === 1) return;
  throw new GlideinError('InvalidArgument', `${sites.length} sites have a pilot ${shown}`, {
    cure: `write ${shown}@${first} for that of ${first}`,
  });
}

const noPilot = (message: string): GlideinError =>
  new GlideinError('NotFound', message, { cure: '`glidein status` lists pilots' });

/** The jobs that run on these pilots, by the name of their pilot. */
export async function jobsOn(
  client: Pick<PoolClient, 'json'>,
  choice: PilotChoice,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const slots = await slotsThat(client, `DynamicSlot && (${choiceOf(choice)})`, signal);
  const jobs = new Map<string, string[]>();
  for (const ad of slots) {
    const pilot = ad.evaluateString('GLIDEIN_Pilot') ?? '?';
    jobs.set(pilot, [...(jobs.get(pilot) ?? []), ad.evaluateString('JobId') ?? '?']);
  }
  return jobs;
}

const projection = [
  'GLIDEIN_Pilot',
  'GLIDEIN_PilotUid',
  'GLIDEIN_Site',
  'Draining',
  'DrainReason',
  'GLIDEIN_Resuming',
  'GLIDEIN_ToDie',
  'JobId',
];

async function slotsThat(
  client: Pick<PoolClient, 'json'>,
  constraint: string,
  signal: AbortSignal,
): Promise<readonly ClassAd[]> {
  const ads: ClassAd[] = [];
  for await (const { slots } of slotPages(client, { constraint, projection, signal }))
    ads.push(...slots.map(adFromTexts));
  return ads;
}

const pilotOf = (ad: ClassAd): ChosenPilot => ({
  uid: ad.evaluateString('GLIDEIN_PilotUid') ?? '',
  name: ad.evaluateString('GLIDEIN_Pilot') ?? '',
  site: ad.evaluateString('GLIDEIN_Site') ?? '',
  isDraining: ad.evaluateBoolean('Draining') === true,
  reason: ad.evaluateString('DrainReason'),
  isAsked: ad.evaluateBoolean('GLIDEIN_Resuming') === true,
  endAt: ad.evaluateNumber('GLIDEIN_ToDie'),
});
