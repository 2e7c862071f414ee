import type { Timer } from '#base/clock.ts';
import { renewInterval } from '#pilot/lifetime/lease.ts';
import type { Core } from '#pool/core.ts';
import type { ClaimRef } from '#wire/claim.ts';
import type { Mutation } from './mutation.ts';
import type { Story } from './stories.ts';

/** Replaces a method of a part of the pool. */
function replace<Part extends object, Name extends keyof Part>(
  part: Part,
  name: Name,
  by: (original: Part[Name]) => Part[Name],
): void {
  const original = part[name];
  const bound = typeof original === 'function' ? (original.bind(part) as Part[Name]) : original;
  Object.defineProperty(part, name, { value: by(bound) });
}

/** Every claim in a message, in place of which `by` puts another. */
function claimsOf(message: Record<string, unknown>, by: (claim: ClaimRef) => ClaimRef): void {
  if (message.claim !== undefined) message.claim = by(message.claim as ClaimRef);
  if (Array.isArray(message.claims)) message.claims = message.claims.map((claim) => by(claim as ClaimRef));
}

/** The claim that the job of `claim` has now, whatever the epoch of `claim`. */
function newestOf({ queue }: Core, claim: ClaimRef): ClaimRef {
  const [cluster, proc] = claim.id.split('.').map(Number);
  const newest = queue.find({ cluster: cluster ?? 0, proc: proc ?? 0 })?.claim?.ref;
  return newest?.generation === claim.generation ? newest : claim;
}

/** Mistakes, by what they are: each breaks a promise, and names the story in which that shows soonest. */
export const mutations = {
  'the pilot counts its lease from the receipt of an answer': {
    story: 'fading',
    lease(clock, events) {
      let length = 0;
      let sequence = 0;
      let unanswered = 0;
      let renewal: Timer | undefined;
      let expiry: Timer | undefined;
      const count = () => {
        expiry?.cancel();
        expiry = clock.after(length / 2 - Math.min(2000, length / 20), () => {
          expiry = undefined;
          events.lost();
        });
      };
      const renew = () => {
        if (unanswered >= 3) return events.unanswered();
        sequence += 1;
        if (events.renew(sequence)) unanswered += 1;
        renewal = clock.after(renewInterval(length), renew);
      };
      const disconnected = () => {
        renewal?.cancel();
        unanswered = 0;
      };
      return {
        get held() {
          return expiry !== undefined;
        },
        welcomed(seconds) {
          length = seconds * 1000;
          disconnected();
          count();
          renew();
        },
        renewed() {
          unanswered = 0;
          count();
        },
        disconnected,
        stop: () => {
          disconnected();
          expiry?.cancel();
        },
      };
    },
  },
  'the pool does not check the epoch': {
    story: 'repeats',
    hears: (core, message) => claimsOf(message, (claim) => newestOf(core, claim)),
  },
  'the pool does not check the generation': {
    story: 'restores',
    hears: ({ generation }, message) => claimsOf(message, (claim) => ({ ...claim, generation })),
  },
  'a restore keeps the generation': { story: 'restores', restoresMark: true },
  'leases do not begin anew after a restart of the pool': {
    story: 'killedAtWord',
    pool: ({ queue, pilots }) => {
      for (const uid of queue.claimants()) void pilots.lose(uid, 'its lease has expired');
    },
  },
  '`start` is sent before its claim is durable': {
    story: 'killedAtWord',
    pool: ({ ledger }) =>
      replace(ledger, 'record', (record) => (transition) => {
        const durable = record(transition);
        return transition.type === 'claim' ? Promise.resolve() : durable;
      }),
  },
  'a closed socket is taken for the death of its pilot': {
    story: 'lateHellos',
    pool: ({ pilots }) =>
      replace(pilots, 'disconnected', (disconnected) => (uid, connection) => {
        disconnected(uid, connection);
        void pilots.lose(uid, 'its socket is closed');
      }),
  },
  '`finished` is acknowledged before it is durable': {
    story: 'killedAtWord',
    pool: ({ ledger }) => {
      replace(ledger, 'record', (record) => (transition) => {
        const durable = record(transition);
        return transition.type === 'end' ? Promise.resolve() : durable;
      });
      replace(ledger, 'settled', () => () => Promise.resolve());
    },
  },
  'the hello of a connection that was given up counts': {
    story: 'lateHellos',
    hears: (_core, message) => {
      delete message.connection;
    },
  },
  'a restart with a shorter lease forgets the longer one': { story: 'shorterLeases', forgetsPromise: true },
} satisfies Record<string, Mutation & { readonly story: Story }>;
