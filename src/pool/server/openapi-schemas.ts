import * as z from 'zod';
import {
  announcedPilot,
  announcement,
  autocluster,
  bid,
  demandAnswer,
  groupBid,
  pilotSupply,
} from '#wire/bid.ts';
import { claimRef, resources } from '#wire/claim.ts';
import { eventsAnswer, jobEvent } from '#wire/events.ts';
import { jobFile, streamFile } from '#wire/file.ts';
import {
  attempt,
  jobAction,
  jobActionAnswer,
  jobsAnswer,
  jobView,
  submitProc,
  submitRequest,
  submitSeries,
} from '#wire/jobs.ts';
import { outcome, usage } from '#wire/outcome.ts';
import { pilotMessage } from '#wire/pilot-messages.ts';
import { pilotsAnswer } from '#wire/pilots.ts';
import { poolMessage } from '#wire/pool-messages.ts';
import { problem } from '#wire/problem.ts';
import { slotWhyAnswer, whyAnswer } from '#wire/why.ts';

/** A part of the document. */
export type Json = Readonly<Record<string, unknown>>;

/** Schemas that the document names once and refers to. */
const named = {
  AnnouncedPilot: announcedPilot,
  Announcement: announcement,
  Attempt: attempt,
  Autocluster: autocluster,
  Bid: bid,
  ClaimRef: claimRef,
  Demand: demandAnswer,
  EventsAnswer: eventsAnswer,
  GroupBid: groupBid,
  JobAction: jobAction,
  JobActionAnswer: jobActionAnswer,
  JobEvent: jobEvent,
  JobFile: jobFile,
  JobView: jobView,
  JobsAnswer: jobsAnswer,
  Outcome: outcome,
  PilotMessage: pilotMessage,
  PilotSupply: pilotSupply,
  PilotsAnswer: pilotsAnswer,
  PoolMessage: poolMessage,
  Problem: problem,
  Resources: resources,
  StreamFile: streamFile,
  SubmitProc: submitProc,
  SubmitRequest: submitRequest,
  SubmitSeries: submitSeries,
  Usage: usage,
  Why: whyAnswer,
  SlotWhy: slotWhyAnswer,
};

/** Schemas as JSON; those with an id are named once and referred to. */
export class OpenApiSchemas {
  readonly #named = new Map<string, unknown>();
  readonly #ids = z.registry<{ id: string }>();

  constructor() {
    for (const [id, schema] of Object.entries(named)) this.#ids.add(schema, { id });
  }

  of(schema: z.ZodType): Json {
    const { $schema: _, $defs = {}, ...own } = z.toJSONSchema(schema, { io: 'input', metadata: this.#ids });
    for (const [name, definition] of Object.entries($defs)) this.#name(name, definition);
    return moved(own) as Json;
  }

  #name(name: string, definition: z.core.JSONSchema.BaseSchema): void {
    const { id: _, ...rest } = definition;
    this.#named.set(name, moved(rest));
  }

  content(body: z.ZodType | 'file' | 'text'): Json {
    if (body === 'file') return { 'application/octet-stream': { schema: {} } };
    if (body === 'text') return { 'text/plain': { schema: { type: 'string' } } };
    return { 'application/json': { schema: this.of(body) } };
  }

  parameters(where: 'path' | 'query', schema: z.ZodObject | undefined): Json[] {
    return Object.entries(schema?.shape ?? {}).map(([name, each]) => ({
      name,
      in: where,
      required: where === 'path' || !each.safeParse(undefined).success,
      schema: this.of(each as z.ZodType),
    }));
  }

  named(): Json {
    return Object.fromEntries([...this.#named].sort(([one], [other]) => (one < other ? -1 : 1)));
  }
}

/** With references to where OpenAPI keeps named schemas. */
function moved(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(moved);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [
      key,
      key === '$ref' ? String(each).replace('#/$defs/', '#/components/schemas/') : moved(each),
    ]),
  );
}
