import { formatDuration } from '#base/duration.ts';
import { adFromTexts } from '#wire/ad-texts.ts';
import type { PilotsAnswer } from '#wire/pilots.ts';
import { decisionCell } from '../listing.ts';
import { table, widestText } from '../table.ts';

interface Look {
  readonly wide: boolean;
  readonly colour: boolean;
}

/** Groups with what was decided for them, and pilots with what is free on them. */
export const pilotsText = (answer: PilotsAnswer, look: Look): string =>
  `${groupTable(answer, look)}\n\n${pilotTable(answer, look)}`;
function groupTable({ bidders }: PilotsAnswer, { wide, colour }: Look): string {
  const rows = bidders.flatMap(({ site, groups, heardSecondsAgo }) =>
    groups.map((group) => [
      group.name,
      site,
      String(group.wanted),
      phaseText(group.phases),
      `${Math.round(heardSecondsAgo)}s ago`,
      decisionCell(group.decision, group.blocked),
    ]),
  );
  if (rows.length === 0) return 'No group feeds this pool at present.';
  return table(
    ['GROUP', 'SITE', 'WANTED', 'PILOTS', 'HEARD', 'WHY'],
    rows,
    colour,
    wide ? {} : { WHY: widestText },
  );
}

const phaseText = (phases: Readonly<Record<string, number>>): string =>
  Object.entries(phases)
    .filter(([, count]) => count > 0)
    .map(([phase, count]) => `${count} ${phase}`)
    .join(', ') || 'none';

function pilotTable({ pilots }: PilotsAnswer, { colour }: Look): string {
  if (pilots.length === 0) return 'No pilot is registered.';
  const rows = pilots.map((pilot) => {
    const slot = adFromTexts(pilot.slot);
    const free = adFromTexts(pilot.free);
    const of = (name: string): string =>
      `${free.evaluateNumber(name) ?? 0} of ${slot.evaluateNumber(name) ?? 0}`;
    const state = pilot.connected ? pilot.state : `${pilot.state} (disconnected)`;
    const idle = pilot.state === 'Idle' ? formatDuration(pilot.idleSeconds * 1000) : '';
    return [pilot.name, pilot.group, state, of('Cpus'), of('Memory'), String(pilot.claims), idle];
  });
  return table(['PILOT', 'GROUP', 'STATE', 'FREE CPUS', 'FREE MB', 'JOBS', 'IDLE FOR'], rows, colour);
}
