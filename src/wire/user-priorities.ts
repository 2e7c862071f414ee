import * as z from 'zod';

/** The most submitters in one answer. */
export const mostUsers = 10_000;

const userName = z.string().min(1).max(512);

/** `GET /v1/userprio`. */
export const userPrioritiesQuery = z.object({
  /** Also who has used nothing for a day. */
  all: z.stringbool().default(false),
  /** Only this submitter. */
  user: userName.optional(),
  limit: z.coerce.number().int().min(1).max(mostUsers).default(mostUsers),
});

/** How a submitter stands. Times are epoch seconds. */
export const userPriority = z.object({
  /** `GROUP.USER`, or the user alone. */
  name: z.string(),
  user: z.string(),
  group: z.string().optional(),
  /** The lower, the earlier the submitter is served: the real priority times the factor. */
  effectivePriority: z.number(),
  realPriority: z.number(),
  factor: z.number(),
  /** Whether an admin has set the factor. */
  factorIsSet: z.boolean(),
  /** In use now. */
  cores: z.number(),
  /** Hours of cores used so far. */
  coreHours: z.number(),
  firstUsed: z.number().optional(),
  lastUsed: z.number().optional(),
});

export type UserPriority = z.infer<typeof userPriority>;

/** An accounting group. */
export const groupUse = z.object({
  name: z.string(),
  /** Cores that it and the groups within it may use while others need theirs. */
  quota: z.number(),
  /** Its quota as it was specified: cores, or a share of the enclosing group's. */
  cores: z.number().optional(),
  share: z.number().optional(),
  surplus: z.boolean(),
  factor: z.number(),
  /** Cores in use by it and by the groups within it. */
  used: z.number(),
});

export const userPrioritiesAnswer = z.object({
  /** By effective priority, the best first. */
  users: z.array(userPriority),
  /** Submitters beyond the limit. */
  more: z.int(),
  /** Each after its enclosing group. */
  groups: z.array(groupUse),
  /** Cores of all slots. */
  cores: z.number(),
  halfLifeSeconds: z.number(),
});

export type UserPrioritiesAnswer = z.infer<typeof userPrioritiesAnswer>;

/** `POST /v1/userprio`: what an admin changes of one submitter; answered with how it stands then. */
export const userPriorityChange = z.discriminatedUnion('action', [
  z.object({ action: z.literal('setFactor'), user: userName, factor: z.number().min(1).max(1e12) }),
  z.object({ action: z.literal('setRealPriority'), user: userName, priority: z.number().min(0.5).max(1e12) }),
  /** The hours begin at 0 again; the priority stays. */
  z.object({ action: z.literal('resetUsage'), user: userName }),
  /** Hours, priority and factor become those of somebody who has used nothing. */
  z.object({ action: z.literal('forget'), user: userName }),
]);

export type UserPriorityChange = z.infer<typeof userPriorityChange>;
