import { count } from '#base/count.ts';
import { formatDuration } from '#base/duration.ts';
import type { SlotWhyAnswer, WhyAnswer } from '#wire/why.ts';
import { decisionCell } from './listing.ts';
import { table } from './table.ts';
import { oneLine } from './terminal.ts';

/** An answer of the pool for people: the cause in the first line, then what else there is to know. */
export function whyText(answer: WhyAnswer, colour: boolean): string {
  const parts = [
    `${answer.job} ${answer.state}. ${oneLine(answer.summary)}`,
    facts(answer),
    conditionTable(answer, colour),
    slotTable(answer, colour),
    groupTable(answer, colour),
  ];
  return parts.filter((part) => part !== '').join('\n\n');
}

function facts({ state, sinceSeconds, details, matching, nearest, share }: WhyAnswer): string {
  const lines = [...details];
  if (share !== undefined) lines.unshift(share.sentence);
  if (nearest !== undefined)
    lines.unshift(`Nearest: ${nearest.changes.join('; ')} (such as ${nearest.examples.join(', ')}).`);
  if (matching !== undefined) {
    const { slots, slotsFitting, slotsFree, groups, groupsFitting } = matching;
    const room = `, and ${slotsFree === 0 ? 'none' : slotsFree} of these ${slotsFree === 1 ? 'has' : 'have'} room now`;
    lines.unshift(
      `${slotsFitting} of ${count(slots, 'slot')} could run it${slotsFitting === 0 ? '' : room}; ${groupsFitting} of ${count(groups, 'group')} could start a pilot for it.`,
    );
  }
  if (state === 'Idle' && sinceSeconds !== undefined)
    lines.unshift(`Waiting for ${formatDuration(sinceSeconds * 1000)}.`);
  return lines.map(oneLine).join('\n');
}

function conditionTable({ conditions }: WhyAnswer, colour: boolean): string {
  if (conditions.length === 0) return '';
  const whose: Readonly<Record<string, string>> = {
    jobRequirements: 'job',
    slotRequirements: 'slot',
  };
  const rows = conditions.map(({ kind, text, slots, slotsAlone, groups, groupsAlone }) => [
    whose[kind] ?? 'request',
    text,
    `${slots} (${slotsAlone})`,
    `${groups} (${groupsAlone})`,
  ]);
  return table(['OF THE', 'CONDITION', 'EXCLUDES SLOTS (ALONE)', 'GROUPS (ALONE)'], rows, colour);
}

function slotTable({ slots }: WhyAnswer, colour: boolean): string {
  if (slots.length === 0) return '';
  const rows = slots.map((slot) => [String(slot.count), slot.sentence, slot.examples.join(' ')]);
  return table(['SLOTS', 'WHY NOT', 'SUCH AS'], rows, colour);
}

function groupTable({ groups }: WhyAnswer, colour: boolean): string {
  if (groups.length === 0) return '';
  const rows = groups.map(({ name, site, wanted, sentence, decision, blocked, heardSecondsAgo }) => [
    name,
    site,
    String(wanted),
    sentence,
    heardSecondsAgo === undefined ? '?' : `${Math.round(heardSecondsAgo)}s ago`,
    decisionCell(decision, blocked),
  ]);
  return table(['GROUP', 'SITE', 'WANTED', 'FOR THIS JOB', 'HEARD', 'DECISION'], rows, colour);
}

/** The same for a slot. */
export function slotWhyText(answer: SlotWhyAnswer, colour: boolean): string {
  const { slot, summary, group, site, idleSeconds, jobs, free, reasons, lacks = [] } = answer;
  const runs =
    jobs.length === 0
      ? `It has run nothing for ${formatDuration(idleSeconds * 1000)}`
      : `It runs ${jobs.join(', ')}`;
  const left = `${count(free.cpus, 'core')} and ${free.memory} MiB of memory${free.gpus > 0 ? ` and ${count(free.gpus, 'GPU')}` : ''}`;
  const facts = `${runs}; ${left} are free. It belongs to the group ${group} of the site ${site}.`;
  const rows = reasons.map(({ jobs: some, sentence, examples }) => [
    String(some),
    sentence,
    examples.join(' '),
  ]);
  return [
    `${slot}. ${oneLine(summary)}`,
    oneLine(facts),
    ...(lacks.length === 0
      ? []
      : [
          table(
            ['ITS NODE LACKS', 'AS SHOWN BY'],
            lacks.map(({ what, evidence }) => [what, evidence]),
            colour,
          ),
        ]),
    ...(rows.length === 0 ? [] : [table(['JOBS', 'WHY NOT', 'SUCH AS'], rows, colour)]),
  ].join('\n\n');
}
