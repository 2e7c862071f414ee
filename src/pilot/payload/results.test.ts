import { expect, it } from 'vitest';
import type { Finished } from '#wire/pilot-messages.ts';
import { maxMessageBytes } from '#wire/protocol.ts';
import { Results } from './results.ts';

const claim = (id: string) => ({ generation: 'g', id, epoch: 1 });

const result = (id: string, more: Partial<Finished> = {}): Finished => ({
  type: 'finished',
  claim: claim(id),
  outcome: { kind: 'exited', exitCode: 0 },
  endedAt: 1,
  usage: { wallSeconds: 1 },
  outputs: [],
  ...more,
});

/** A pool that records each result except those of `bad`, for which it closes the connection. */
function withPool(bad: ReadonlySet<string>) {
  const recorded: Finished[] = [];
  let connected = true;
  let connections = 1;
  const wire: Finished[] = [];
  const results = new Results((message) => {
    if (connected) wire.push(message);
    return connected;
  });
  /** Delivers to the pool what was sent, in order. */
  const deliver = () => {
    for (let message = wire.shift(); message !== undefined; message = wire.shift()) {
      if (bad.has(message.claim.id) && message.outcome.kind === 'exited') {
        wire.length = 0;
        connected = false;
        results.disconnected(true);
        connected = true;
        connections += 1;
        results.connected();
        continue;
      }
      recorded.push(message);
      results.forget(message.claim);
    }
  };
  return { results, recorded, deliver, connections: () => connections };
}

it.each([
  ['first', ['bad', '1', '2', '3']],
  ['in the middle', ['1', 'bad', '2', '3']],
  ['last', ['1', '2', '3', 'bad']],
])(
  'a result that makes the pool close the connection, sent %s, keeps no other result from being recorded',
  (_where, ids) => {
    const { results, recorded, deliver, connections } = withPool(new Set(['bad']));
    for (const id of ids) results.add(result(id));
    deliver();
    expect(recorded.map((message) => message.claim.id).sort()).toEqual(['1', '2', '3', 'bad']);
    expect(recorded.find((message) => message.claim.id === 'bad')?.outcome).toEqual({
      kind: 'outputFailed',
      holdCode: 12,
      reason: expect.stringContaining('closed the connection'),
      exit: { exitCode: 0 },
    });
    expect(connections()).toBeLessThanOrEqual(4);
  },
);

it('several results that the pool refuses do not block each other', () => {
  const { results, recorded, deliver } = withPool(new Set(['b1', 'b2']));
  for (const id of ['b1', '1', 'b2', '2']) results.add(result(id));
  deliver();
  expect(recorded.map((message) => message.claim.id).sort()).toEqual(['1', '2', 'b1', 'b2']);
});

it('a connection that is merely lost does not make its results suspect', () => {
  const sent: string[] = [];
  const results = new Results(({ claim: { id } }) => sent.push(id) > 0);
  for (const id of ['1', '2']) results.add(result(id));
  for (let count = 0; count < 5; count += 1) {
    results.disconnected(false);
    results.connected();
  }
  expect(sent).toEqual(Array.from({ length: 6 }, () => ['1', '2']).flat());
});

it.each([
  [
    'a name that no message may carry',
    { outputs: [{ name: './a', digest: `sha256:${'0'.repeat(64)}`, size: 1, executable: false }] },
    /outputs.0.name/,
  ],
  [
    'more than a message may have',
    {
      stdout: undefined,
      outputs: Array.from({ length: 10_000 }, (_, index) => ({
        name: `${'x'.repeat(500)}${index}`,
        digest: `sha256:${'0'.repeat(64)}`,
        size: 1,
        executable: false,
      })),
    },
    new RegExp(String(maxMessageBytes)),
  ],
] as [string, Partial<Finished>, RegExp][])(
  'a result with %s is sent as a failure that gives the reason',
  (_what, more, reason) => {
    const sent: Finished[] = [];
    new Results((message) => sent.push(message) > 0).add(result('1', more));
    expect(sent).toEqual([
      expect.objectContaining({
        outputs: [],
        outcome: {
          kind: 'outputFailed',
          holdCode: 12,
          reason: expect.stringMatching(reason),
          exit: { exitCode: 0 },
        },
      }),
    ]);
  },
);
