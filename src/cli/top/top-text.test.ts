import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { summaryOf } from '#testing/example-summary.ts';
import { harmless } from '../terminal.ts';
import { topModel } from './top-model.ts';
import { topText } from './top-text.ts';

const endless = { columns: Number.POSITIVE_INFINITY, rows: Number.POSITIVE_INFINITY };
const [group] = summaryOf().groups;
const [submitter] = summaryOf().submitters;
if (group === undefined || submitter === undefined) throw new Error('the example lacks a part');

describe('the picture of top', () => {
  it('has totals, rates, problems, groups and submitters', () => {
    const now = summaryOf({
      groups: [{ ...group, blocked: 'no quota' }],
      more: { groups: 0, submitters: 9 },
    });
    expect(topText(topModel(now, summaryOf({ servingSeconds: 3590 })), endless, false)).toEqual([
      'The pool has served for 1h.',
      'Jobs    1,203 idle, 512 running, 3 held',
      'Cores   512 of 640 used (80 %), 96 free, by 512 claims',
      'Pilots  80: 64 busy, 12 idle, 4 draining, 0 away',
      'Rates   0 starts/s, 0 ends/s; 0 negotiations/s',
      '',
      'PROBLEMS',
      'large at here: no quota',
      '',
      'GROUP       WANTED  BUSY  IDLE  DRAINING  AWAY  CORES USED',
      'large@here  80      64    12    4         0     512 of 640',
      '',
      'SUBMITTER  PRIORITY  CORES  RUNNING  IDLE',
      'alice      1234.50   512    512      1,203',
      '… and 9 more submitters',
    ]);
  });

  it('has rates in few digits, with what they are made of', () => {
    const before = summaryOf({ servingSeconds: 3590 });
    const counts = {
      ...before.counts,
      starts: 1345.6,
      ends: { Completed: 59, Lost: 1 },
      firstStarts: 12,
      waitedSeconds: 300,
      passes: 35,
      passSeconds: 0.1,
    };
    const [rates] = topText(topModel(summaryOf({ counts }), before), endless, false).filter((line) =>
      line.startsWith('Rates'),
    );
    expect(rates).toBe(
      'Rates   125 starts/s, 1 ends/s (10 % not completed); new jobs waited 1m40s; 2.5 negotiations/s of 2.4 ms',
    );
  });

  it('of an empty pool says that nobody is there', () => {
    const empty = summaryOf({ groups: [], submitters: [], jobs: {}, cores: { total: 0, used: 0 } });
    const text = topText(topModel(empty, undefined), endless, false).join('\n');
    expect(text).toContain('Cores   0 of 0 used, 96 free');
    expect(text).toContain('Rates   not known yet');
    expect(text).toMatch(/No group feeds this pool at present\.\n\nNobody has jobs here\.$/);
  });

  it('fits on every screen, and says what it leaves out', () => {
    const size = fc.record({
      columns: fc.integer({ min: 10, max: 200 }),
      rows: fc.integer({ min: 3, max: 60 }),
    });
    fc.assert(
      fc.property(size, fc.nat(60), fc.nat(60), fc.nat(20), (screen, groups, submitters, blocked) => {
        const now = summaryOf({
          groups: Array.from({ length: groups }, (_, n) => ({
            ...group,
            name: `g${n}`,
            ...(n < blocked && { blocked: 'the quota of the namespace is used up' }),
          })),
          submitters: Array.from({ length: submitters }, (_, n) => ({ ...submitter, name: `user${n}` })),
        });
        const lines = topText(topModel(now, undefined), screen, false);
        expect(lines.length).toBeLessThanOrEqual(screen.rows);
        for (const line of lines) expect(line.length).toBeLessThanOrEqual(screen.columns);
        if (screen.rows < 24 || screen.columns < 60) return;
        const text = lines.join('\n');
        const told = (what: string, all: number, shown: RegExp) => {
          const count = text.match(shown)?.length ?? 0;
          const more = Number(new RegExp(`… and (\\d+) more ${what}`).exec(text)?.[1] ?? 0);
          expect(count + more).toBe(all);
        };
        told('groups', groups, /^g\d+@here/gm);
        told('submitters', submitters, /^user\d+ /gm);
        told('problems', Math.min(groups, blocked), /^g\d+ at here: /gm);
      }),
    );
  });

  it('contains nothing on which a terminal would act, whatever a group or a user is called', () => {
    const now = summaryOf({
      groups: [{ ...group, name: 'a\u001b[2Jb', blocked: 'x\ny\u0007' }],
      submitters: [{ ...submitter, name: 'c\u001b]0;d' }],
    });
    const text = topText(topModel(now, undefined), endless, false).join('\n');
    expect(harmless(text)).toBe(text);
    expect(text).toContain('a\ufffd[2Jb@here');
    expect(text).toContain('at here: x y\ufffd');
  });
});
