import * as z from 'zod';
import { touchesPilots } from './binds.ts';
import { amount, duration, quantity } from './fields.ts';
import { keyedList, wordSet } from './list.ts';
import { withRules } from './rule.ts';

const absolute = z
  .string()
  .min(2)
  .max(1024)
  .regex(
    /^(\/[A-Za-z0-9_@%+=~-][A-Za-z0-9._@%+=~-]*)+$/,
    'write an absolute path such as /data, without "." or ".."',
  );

const scheme = z
  .string()
  .min(1)
  .max(32)
  .regex(/^[a-z][a-z0-9+.-]*$/, 'write a scheme in lower case, such as osdf');

const plugIn = z.strictObject({
  path: absolute.describe("The program, in the pilot's image or in a volume; on one machine, a path of it."),
  schemes: wordSet(scheme, 32).describe('What the URLs begin with that it transfers, such as osdf.'),
});

const directory = withRules(
  z.strictObject({
    path: absolute.describe("A directory of the pilot's container, or of its machine, such as /data."),
    readOnly: z.boolean().default(true).describe('False: outputs may go there, too.'),
  }),
  [
    {
      cel: touchesPilots.cel('self.path'),
      path: ['path'],
      message: 'the directory contains, or lies in, what jobs must not read',
      cure: 'write a directory that contains nothing but data',
      holds: ({ path }) => !touchesPilots.of(path),
    },
  ],
);

/** How pilots transfer the files that jobs name by URLs. http and https need nothing. */
export const transfer = z
  .strictObject({
    plugIns: keyedList(plugIn, 'path', 16)
      .default([])
      .describe("Programs that speak HTCondor's file transfer protocol, for further schemes."),
    directories: keyedList(directory, 'path', 32)
      .default([])
      .describe('Where the files of file:// URLs may lie. Without an entry, there are no such URLs.'),
    timeLimit: duration(
      "The longest time that the transfers of one job's inputs, or outputs, may take.",
    ).default('1h'),
    minimumSpeed: quantity(
      'Bytes a second that a plug-in must read or write on average over two minutes; it is ended if it is slower.',
    ).default('1Ki'),
    processes: z
      .int()
      .min(1)
      .max(65_536)
      .default(256)
      .describe('Processes that a plug-in may have at a time; it is ended if it has more.'),
  })
  .prefault({})
  .describe('How pilots transfer the files that jobs name by URLs.');

export type TransferSpec = z.infer<typeof transfer>;

/** Schemes that pilots transfer by themselves. */
const builtIn = ['http', 'https'];

/** The schemes that a group's pilots transfer, as slots list them. */
export const schemesOf = ({
  plugIns,
  directories,
}: Pick<TransferSpec, 'plugIns' | 'directories'>): string[] => [
  ...new Set([
    ...builtIn,
    ...(directories.length === 0 ? [] : ['file']),
    ...plugIns.flatMap(({ schemes }) => schemes),
  ]),
];

/** Bytes a second. */
export const slowest = ({ minimumSpeed }: TransferSpec): number => amount(minimumSpeed);
