import * as z from 'zod';
import { withRules } from '../rule.ts';
import { shortName } from './names.ts';

const number = z.int().min(1).max(65_535);

const object = z.strictObject({
  name: shortName('The name: {{port.NAME}} stands for the number.'),
  number: number.describe('The number. If it is absent, the pilot takes one that is free.').optional(),
  from: number.default(20_000).describe('The lowest number that the pilot may take.'),
  to: number.default(29_999).describe('The highest number that the pilot may take.'),
});

/** A port of a service on the loopback address. */
export const servicePort = withRules(object, [
  {
    cel: 'self.from <= self.to',
    path: ['from'],
    message: 'the range of ports ends before it begins',
    cure: 'write a "from" that is not larger than "to"',
    holds: ({ from, to }) => from <= to,
  },
]);

export type ServicePort = z.output<typeof object>;
