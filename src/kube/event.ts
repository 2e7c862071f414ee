import type { EventsV1Event } from '@kubernetes/client-node';
import { type KubeObject, microTime, type Wire } from './object.ts';
import { apiVersionOf, define, type ResourceKind } from './resource.ts';

export type KubeEvent = Wire<EventsV1Event>;

export const events = define<KubeEvent>('events.k8s.io/v1', 'events', 'Event');

/** What happened to an object, in words. */
export interface Happening {
  readonly type: 'Normal' | 'Warning';
  /** One word for programs: `PilotsCreated`. */
  readonly reason: string;
  /** What was done or tried, one word: `Create`. */
  readonly action: string;
  /** A sentence for people, truncated to 1,024 bytes. Avoid numbers that keep changing: only equal notes share an Event. */
  readonly note: string;
  /** What tells it from others, where the note has details that keep changing. Default: the note. */
  readonly essence?: string;
}

/** The object of a happening. Items of a list do not name their kind, so the kind is passed separately. */
export interface Subject {
  readonly kind: ResourceKind<KubeObject>;
  readonly object: KubeObject;
}

/** Equal happenings of the same object have the same key. */
export function happeningKey({ object, kind }: Subject, happening: Happening): string {
  const { type, reason, action, note, essence = note } = happening;
  const { uid, namespace, name } = object.metadata;
  return JSON.stringify([kind.plural, uid, namespace, name, type, reason, action, essence]);
}

/** The most bytes of a note that the API server accepts. */
const longestNote = 1024;

/** The Event as it is first written. */
export function eventOf(options: {
  readonly subject: Subject;
  readonly happening: Happening;
  readonly wall: number;
  readonly random: () => number;
  readonly reporter: { readonly controller: string; readonly instance: string };
}) {
  const { subject, happening, wall, random, reporter } = options;
  const { name, namespace, uid, resourceVersion } = subject.object.metadata;
  const unique = `${Math.floor(wall).toString(16)}${Math.floor(random() * 0x10000).toString(16)}`;
  return {
    metadata: { name: `${name.slice(0, 220)}.${unique}`, namespace: namespace ?? 'default' },
    type: happening.type,
    reason: happening.reason,
    action: happening.action,
    note: truncated(happening.note),
    eventTime: microTime(wall),
    reportingController: reporter.controller,
    reportingInstance: reporter.instance.slice(0, 128),
    regarding: {
      apiVersion: apiVersionOf(subject.kind),
      kind: subject.kind.kind,
      name,
      namespace,
      uid,
      resourceVersion,
    },
  };
}

function truncated(note: string): string {
  const bytes = Buffer.from(note);
  if (bytes.length <= longestNote) return note;
  // Half a character at the end becomes a replacement character of three bytes.
  return `${bytes.subarray(0, longestNote - 6).toString('utf8')}…`;
}
