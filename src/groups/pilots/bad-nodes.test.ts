import { expect, it } from 'vitest';
import { BadNodes } from './bad-nodes.ts';

it('a node is avoided for as long as its group says, counted from the last failure there', () => {
  const nodes = new BadNodes();
  nodes.saw('n1', 0);
  nodes.saw('n2', 10);
  nodes.saw('n1', 20);
  expect(nodes.toAvoid(15, 20)).toEqual(['n1', 'n2']);
  expect(nodes.toAvoid(15, 30)).toEqual(['n1']);
  expect(nodes.toAvoid(0, 20)).toEqual([]);
  nodes.keepLast(15, 100);
  expect(nodes.toAvoid(1000, 100)).toEqual([]);
});

it('of very many bad nodes, only the latest are avoided', () => {
  const nodes = new BadNodes();
  for (let number = 0; number < 100; number += 1) nodes.saw(`n${number}`, number);
  const avoided = nodes.toAvoid(1000, 100);
  expect(avoided).toHaveLength(16);
  expect(avoided).toContain('n99');
});
