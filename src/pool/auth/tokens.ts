import { randomBytes, randomUUID } from 'node:crypto';
import { link, readFile, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { jwtVerify, SignJWT } from 'jose';
import * as z from 'zod';
import { GlideinError } from '#base/error.ts';
import { truncate } from '#base/truncate.ts';
import { type Role, role } from '#wire/role.ts';
import { syncDirectory, writeSynced } from '../store/durable-files.ts';

/** Who speaks, as a verified token says. For pilots the subject is their uid. */
export interface Identity {
  readonly subject: string;
  readonly role: Role;
  /** The entry of the issuer that vouches: its site. None for a token of the pool's own key. */
  readonly site?: string | undefined;
}

const issuer = 'glidein-pool';

/** Subjects become owners of jobs, and owners stand in ads, keys and logs. */
const identity = z.object({
  subject: z
    .string()
    .min(1)
    .max(256)
    .regex(/^[^\p{Cc}]+$/u),
  role,
  site: z.string().optional(),
  expiresAt: z.number(),
});

/** Somebody whose token was looked at. */
export interface Bearer extends Identity {
  /** Epoch milliseconds from which the token is refused. */
  readonly expiresAt: number;
}

/**
 * The pool's own signing key: 32 random bytes in a file that only its owner reads, made at the first start. It gets
 * its name when it is whole and on the disk, so that a pool killed in between starts again.
 */
export async function loadOrCreateKey(file: string): Promise<Uint8Array> {
  const found = await readKey(file);
  if (found !== undefined) return found;
  const part = `${file}.${randomUUID()}`;
  try {
    await writeSynced(part, randomBytes(32));
    await link(part, file);
  } catch (error) {
    // Another process was first; its key is as good.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    await rm(part, { force: true });
  }
  await syncDirectory(dirname(file));
  const key = await readKey(file);
  if (key === undefined) throw new GlideinError('NotFound', `${file} has vanished`);
  return key;
}

/** The key in a file; undefined when there is no file. @throws GlideinError InvalidArgument when it is no key */
export async function readKey(file: string): Promise<Uint8Array | undefined> {
  const key = await readFile(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (key !== undefined && key.length !== 32) {
    throw new GlideinError('InvalidArgument', `${file} is not a key of this pool`, {
      cure: 'remove it; all tokens made with it are void then',
    });
  }
  return key;
}

/** Characters of a pilot's uid, as its first message may have them. */
const longestUid = 128;

/** What this pool would refuse in a token of its own key, before somebody hands the token out. */
function checkMinted({ subject, role: claimed }: Identity): void {
  const parsed = identity.safeParse({ subject, role: claimed, expiresAt: 0 });
  if (parsed.success && !(claimed === 'pilot' && subject.length > longestUid)) return;
  const most = claimed === 'pilot' ? longestUid : 256;
  throw new GlideinError(
    'InvalidArgument',
    `the pool would refuse a ${claimed} of the name "${truncate(subject, 40)}"`,
    {
      cure: `write a --subject of 1 to ${most} characters, none of them a control character`,
    },
  );
}

/**
 * A token signed by the pool's own key.
 * @param seconds how long it is good for
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

/** The token of an `Authorization` header. @throws GlideinError Unauthenticated when there is none */
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

/** Whatever a token says: nothing unfit for ads, keys and logs gets through. @throws GlideinError Unauthenticated */
export function checkBearer(said: object): Bearer {
  const parsed = identity.safeParse(said);
  return parsed.success ? parsed.data : refuseToken(parsed.error);
}

/** The bearer of a token that this pool's key has signed. @throws GlideinError Unauthenticated */
export async function verifyOwn(key: Uint8Array, token: string): Promise<Bearer> {
  const { payload } = await jwtVerify(token, key, {
    issuer,
    algorithms: ['HS256'],
    requiredClaims: ['exp', 'sub'],
  }).catch(refuseToken);
  const { sub, role: claimed, exp = 0 } = payload;
  return checkBearer({ subject: sub, role: claimed, expiresAt: exp * 1000 });
}
