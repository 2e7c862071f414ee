import { randomBytes, randomUUID } from 'node:crypto';
import { link, readFile, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { jwtVerify, SignJWT } from 'jose';
import * as z from 'zod';
import { GlideinError } from '#base/error.ts';
import { syncDirectory } from '#base/sync-directory.ts';
import { truncate } from '#base/truncate.ts';
import { type Role, role } from '#wire/role.ts';
import { writeSynced } from '../store/durable-files.ts';

/** The bearer of a verified token. For pilots the subject is their uid. */
export interface Identity {
  readonly subject: string;
  readonly role: Role;
  /** The name of the issuer that vouches for the bearer. Absent for a token signed by the pool's own key. */
  readonly site?: string | undefined;
  /** What the token allows of jobs, as `compute.read`; everything that its role may do if absent. */
  readonly scopes?: readonly string[] | undefined;
  /** Who acts for the bearer, if the token says so (RFC 8693 §4.1). */
  readonly actor?: string | undefined;
}

const issuer = 'glidein-pool';

/** What ends no line and is stored as it is: of halves of characters, the database keeps one and the same replacement for all. */
const sound = /^[^\p{Cc}\p{Cs}\p{Zl}\p{Zp}]+$/u;

/** Strict, because subjects become owners of jobs, and owners are written to ads, database keys and logs. */
const identity = z.object({
  subject: z.string().min(1).max(256).regex(sound),
  role,
  site: z.string().optional(),
  scopes: z.array(z.string()).optional(),
  actor: z.string().max(256).regex(sound).optional().catch(undefined),
  expiresAt: z.number(),
});

/** An identity, and until when its token is valid. */
export interface Bearer extends Identity {
  /** Epoch milliseconds from which the token is refused. */
  readonly expiresAt: number;
}

/**
 * The pool's own signing key: 32 random bytes in a file that only its owner may read, made at the first start. The file gets
 * its name only once it is complete and on the disk, so a pool that is killed in between can start again.
 */
export async function loadOrCreateKey(file: string): Promise<Uint8Array> {
  const found = await readKey(file);
  if (found !== undefined) return found;
  const part = `${file}.${randomUUID()}`;
  try {
    await writeSynced(part, randomBytes(32));
    await link(part, file);
  } catch (error) {
    // Another process was first; its key will do.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    await rm(part, { force: true });
  }
  await syncDirectory(dirname(file));
  const key = await readKey(file);
  if (key === undefined) throw new GlideinError('NotFound', `${file} has vanished`);
  return key;
}

/** The key in a file; undefined if there is no file. @throws GlideinError InvalidArgument if the file holds no key */
export async function readKey(file: string): Promise<Uint8Array | undefined> {
  const key = await readFile(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (key !== undefined && key.length !== 32) {
    throw new GlideinError('InvalidArgument', `${file} is not a key of this pool`, {
      cure: 'remove it; all tokens signed with it then become invalid',
    });
  }
  return key;
}

/** The most characters in a pilot's uid; its first message allows no more. */
const longestUid = 128;

/** Refuses, before anybody hands the token out, a bearer that this pool would later refuse. */
function checkMinted({ subject, role: claimed }: Identity): void {
  const parsed = identity.safeParse({ subject, role: claimed, expiresAt: 0 });
  if (parsed.success && !(claimed === 'pilot' && subject.length > longestUid)) return;
  const most = claimed === 'pilot' ? longestUid : 256;
  throw new GlideinError(
    'InvalidArgument',
    `the pool would refuse a ${claimed} named "${truncate(subject, 40)}"`,
    {
      cure: `write a --subject of 1 to ${most} characters, without control characters`,
    },
  );
}

/**
 * A token signed by the pool's own key.
 * @param seconds how long it is valid
 * @throws GlideinError InvalidArgument for a bearer that the pool would refuse
 */
export async function mintToken(key: Uint8Array, identity: Identity, seconds: number): Promise<string> {
  checkMinted(identity);
  return new SignJWT({ role: identity.role })
    .setProtectedHeader({ alg: 'HS256' })
    .setIssuer(issuer)
    .setSubject(identity.subject)
    .setIssuedAt()
    .setExpirationTime(Math.floor(Date.now() / 1000) + seconds)
    .sign(key);
}

/** The token in an `Authorization` header. @throws GlideinError Unauthenticated if there is none */
export function tokenOf(header: string | undefined): string {
  const token = /^Bearer ([^ ]{1,16384})$/i.exec(header ?? '')?.[1];
  if (token !== undefined) return token;
  throw new GlideinError('Unauthenticated', 'no token was sent', {
    cure: 'send "Authorization: Bearer TOKEN"',
  });
}

export const isOwnIssuer = (name: string | undefined): boolean => name === issuer;

/** @throws GlideinError Unauthenticated, always */
export function refuseToken(cause: unknown): never {
  throw new GlideinError('Unauthenticated', 'the token is not valid here', {
    cause,
    cure: "ask the pool's operator for a new one",
  });
}

/** Checks what a token claims: nothing unfit for ads, database keys or logs gets through. @throws GlideinError Unauthenticated */
export function checkBearer(said: object): Bearer {
  const parsed = identity.safeParse(said);
  return parsed.success ? parsed.data : refuseToken(parsed.error);
}

/** The bearer of a token signed by this pool's own key. @throws GlideinError Unauthenticated */
export async function verifyOwn(key: Uint8Array, token: string): Promise<Bearer> {
  const { payload } = await jwtVerify(token, key, {
    issuer,
    algorithms: ['HS256'],
    requiredClaims: ['exp', 'sub'],
  }).catch(refuseToken);
  const { sub, role: claimed, exp = 0 } = payload;
  return checkBearer({ subject: sub, role: claimed, expiresAt: exp * 1000 });
}
