import assert from 'node:assert/strict';
import type { ClassAd } from '#classad/class-ad.ts';
import { parseAd, parseOldAd } from '#classad/parser.ts';
import { percentile, report } from '#testing/figures.ts';
import { type AdTexts, adFromTexts } from '#wire/ad-texts.ts';
import type { Oracle } from '../../differential/oracle.ts';
import { type Attributes, adText, realisticSlotAttributes } from '../../differential/realistic-ads.ts';

/**
 * Whole slot ads from texts. No text is parsed twice, so that nothing is gained by remembering texts. The baseline is the
 * original on the same ads in its own syntax, turn by turn with this project.
 */

const turns = 15;
const ads = 300;
const shapes = 20;

const forms: readonly { name: string; write: (ad: Attributes) => string; read: (text: string) => ClassAd }[] =
  [
    { name: 'in the new syntax', write: adText, read: parseAd },
    { name: 'in lines', write: lines, read: parseOldAd },
    { name: 'in JSON as on the wire', write: JSON.stringify, read: fromWire },
  ];

function lines(ad: Attributes): string {
  return Object.entries(ad)
    .map(([name, text]) => `${name} = ${text}\n`)
    .join('');
}

function fromWire(json: string): ClassAd {
  return adFromTexts(JSON.parse(json) as AdTexts);
}

/** As pilots make them: most have the same attributes as many others, with values of their own. */
function alike(unlike: readonly Attributes[]): Attributes[] {
  return unlike.map((_, at) => ({
    ...unlike[at % shapes],
    Name: `"slot1@pilot-${at}.example"`,
    Memory: `${1000 + 16 * at}`,
    Disk: `${10_000_000 + 20_000 * at}`,
    MonitorStat: `${at}.25`,
  }));
}

export async function benchParsing(oracle: Oracle | undefined, conditions: string): Promise<void> {
  const unlike = realisticSlotAttributes(turns * ads, 11);
  const kinds = [
    { kind: `of ${shapes} shapes`, slots: alike(unlike) },
    { kind: 'that all differ in shape', slots: unlike },
  ];
  for (const { kind, slots } of kinds) {
    for (const { name, write, read } of forms) {
      const { figure, baseline, attributes } = await compare(slots, write, read, oracle);
      report({
        name: `parsing slot ads of ${attributes} attributes ${kind} ${name}`,
        figure,
        unit: 'ads/s',
        aim: baseline,
        better: 'higher',
        baseline,
        conditions,
      });
    }
  }
}

async function compare(
  slots: readonly Attributes[],
  write: (ad: Attributes) => string,
  read: (text: string) => ClassAd,
  oracle: Oracle | undefined,
) {
  const ours: number[] = [];
  const theirs: number[] = [];
  let attributes = 0;
  for (let turn = 0; turn < turns; turn += 1) {
    const some = slots.slice(turn * ads, (turn + 1) * ads);
    const texts = some.map(write);
    const begin = performance.now();
    for (const text of texts) read(text);
    ours.push((performance.now() - begin) / 1000);
    attributes = texts.reduce((sum, text) => sum + read(text).size, 0);
    const answer = await oracle?.ask(['p', some.map(adText), 1]);
    if (answer === undefined) continue;
    const [seconds, count] = answer as readonly [number, number];
    assert.equal(attributes, count, 'both must read the same attributes');
    theirs.push(seconds);
  }
  return {
    figure: ads / percentile(ours, 0.5),
    baseline: oracle === undefined ? null : ads / percentile(theirs, 0.5),
    attributes: Math.round(attributes / ads),
  };
}
