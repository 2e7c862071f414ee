import { z } from 'zod';
import { duration, objectName } from '#spec/fields.ts';
import { keyedList } from '#spec/list.ts';
import { withRules } from '#spec/rule.ts';

/** A time in which a group gets no pilots: once, or again and again. */
export const downtime = withRules(
  z.strictObject({
    name: objectName('The name of the downtime; status and events say it.'),
    schedule: z
      .string()
      .max(128)
      .regex(/^[^\s]+( [^\s]+){4}$/, 'write five words: minute hour day-of-month month day-of-week')
      .describe('When it begins, as cron: minute hour day-of-month month day-of-week.')
      .optional(),
    duration: duration('How long it lasts after each beginning.').optional(),
    timeZone: z
      .string()
      .min(1)
      .max(64)
      .default('UTC')
      .describe('The time zone of the schedule, such as Europe/Zurich.'),
    from: z.iso.datetime({ offset: true }).describe('When it begins, if it happens once.').optional(),
    until: z.iso.datetime({ offset: true }).describe('When it ends, if it happens once.').optional(),
    mode: z
      .enum(['Stop', 'Drain'])
      .default('Stop')
      .describe('Stop: no new pilots. Drain: running pilots accept no new jobs either.'),
  }),
  [
    {
      cel: '(has(self.schedule) && has(self.duration) && !has(self.from) && !has(self.until)) || (!has(self.schedule) && !has(self.duration) && has(self.from) && has(self.until))',
      message: 'it is not clear when the downtime is',
      cure: 'write either schedule and duration, or from and until',
      holds: ({ schedule, duration: lasts, from, until }) => {
        const given = [schedule, lasts, from, until].map((field) => field !== undefined).join();
        return given === 'true,true,false,false' || given === 'false,false,true,true';
      },
    },
    {
      cel: '!has(self.from) || !has(self.until) || self.from < self.until',
      path: ['until'],
      message: 'until is not after from',
      cure: 'write an end after the beginning',
      holds: ({ from, until }) =>
        from === undefined || until === undefined || Date.parse(from) < Date.parse(until),
    },
  ],
);

export type Downtime = z.infer<typeof downtime>;

/** The downtimes of a group. */
export const downtimes = keyedList(downtime, 'name', 32)
  .default([])
  .describe('Times in which the group gets no pilots.');
