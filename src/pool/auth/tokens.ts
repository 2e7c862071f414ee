import { randomBytes } from 'node:crypto';
import { open, readFile } from 'node:fs/promises';
import { jwtVerify, SignJWT } from 'jose';
import { GlideinError } from '#base/error.ts';
import { type Role, role } from '#wire/role.ts';

/** Who speaks, as a verified token says. For pilots the subject is their uid. */
export interface Identity {
  readonly subject: string;
  readonly role: Role;
}

const issuer = 'glidein-pool';

/** The pool's own signing key: 32 random bytes in a file that only its owner reads, made at the first start. */
export async function loadOrCreateKey(file: string): Promise<Uint8Array> {
  try {
    const created = await open(file, 'wx', 0o600);
    try {
      await created.writeFile(randomBytes(32));
      await created.sync();
    } finally {
      await created.close();
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  const key = await readFile(file);
  if (key.length !== 32) {
    throw new GlideinError('InvalidArgument', `${file} is not a key of this pool`, {
      cure: 'remove it; all tokens made with it are void then',
    });
  }
  return key;
}

/** A token signed by the pool's own key. @param seconds how long it is good for */
export function mintToken(key: Uint8Array, identity: Identity, seconds: number): Promise<string> {
  return new SignJWT({ role: identity.role })
    .setProtectedHeader({ alg: 'HS256' })
    .setIssuer(issuer)
    .setSubject(identity.subject)
    .setIssuedAt()
    .setExpirationTime(Math.floor(Date.now() / 1000) + seconds)
    .sign(key);
}

/**
 * The identity that an `Authorization` header proves.
 * @throws GlideinError Unauthenticated
 */
export async function verifyBearer(key: Uint8Array, header: string | undefined): Promise<Identity> {
  const token = /^Bearer (.+)$/.exec(header ?? '')?.[1];
  if (token === undefined) {
    throw new GlideinError('Unauthenticated', 'no token was sent', {
      cure: 'send "Authorization: Bearer TOKEN"',
    });
  }
  try {
    const { payload } = await jwtVerify(token, key, {
      issuer,
      algorithms: ['HS256'],
      requiredClaims: ['exp', 'sub'],
    });
    return { subject: payload.sub ?? '', role: role.parse(payload.role) };
  } catch (cause) {
    throw new GlideinError('Unauthenticated', 'the token is not valid here', {
      cause,
      cure: 'get a new one from who runs the pool',
    });
  }
}
