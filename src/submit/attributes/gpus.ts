import { binary, type Expression } from '#classad/ast.ts';
import { parseExpression } from '#classad/parser.ts';
import { printExpression } from '#classad/print.ts';
import type { Attributes, GivenValue, Producer, Read } from './given-value.ts';
import { amount } from './resource-requests.ts';

interface Wish {
  readonly command: string;
  readonly attribute: string;
  /** The condition on each GPU of a slot. */
  readonly clause: string;
  read(value: GivenValue): string;
}

const mebiInKibi = 1024;

/** CUDA's numbering: 12.1 is 12010. */
function runtimeVersion(value: GivenValue): string {
  const found = /^([0-9]{1,3})\.([0-9]{1,2})$/.exec(value.text);
  return found === null ? value.expression() : String(Number(found[1]) * 1000 + Number(found[2]) * 10);
}

const wishes: readonly Wish[] = [
  {
    command: 'gpus_minimum_capability',
    attribute: 'GPUsMinCapability',
    clause: 'Capability >= GPUsMinCapability',
    read: (value) => value.expression(),
  },
  {
    command: 'gpus_maximum_capability',
    attribute: 'GPUsMaxCapability',
    clause: 'Capability <= GPUsMaxCapability',
    read: (value) => value.expression(),
  },
  {
    command: 'gpus_minimum_memory',
    attribute: 'GPUsMinMemory',
    clause: 'GlobalMemoryMb >= GPUsMinMemory',
    read: (value) => amount(value, mebiInKibi),
  },
  {
    command: 'gpus_minimum_runtime',
    attribute: 'GPUsMinRuntime',
    clause: 'MaxSupportedVersion >= GPUsMinRuntime',
    read: runtimeVersion,
  },
];

export const gpuWishes: readonly string[] = ['require_gpus', ...wishes.map(({ command }) => command)];

/** The condition on each GPU, as an expression over its properties; undefined if any GPU will do. */
export function requireGpus(read: Read): string | undefined {
  const own = read('require_gpus')?.expression();
  const clauses = wishes.filter(({ command }) => read(command) !== undefined).map(({ clause }) => clause);
  const all = [...(own === undefined ? [] : [own]), ...clauses].map(
    (text): Expression => parseExpression(text),
  );
  const [first, ...rest] = all;
  return (
    first &&
    printExpression(
      rest.reduce((left, right) => binary('&&', left, right), first),
      'wire',
    )
  );
}

/** RequireGPUs and the numbers that it compares with (condor_submit manual, `gpus_minimum_memory` and the like). */
export const gpus: readonly Producer[] = [
  {
    reads: ['request_gpus', ...gpuWishes],
    make(read) {
      const wanted = read('request_gpus') === undefined ? undefined : requireGpus(read);
      return wanted === undefined ? {} : { RequireGPUs: wanted };
    },
  },
  ...wishes.map(
    (wish): Producer => ({
      reads: ['request_gpus', wish.command],
      make(read): Attributes {
        const value = read(wish.command);
        return value === undefined || read('request_gpus') === undefined
          ? {}
          : { [wish.attribute]: wish.read(value) };
      },
    }),
  ),
];
