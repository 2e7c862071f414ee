import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type KeyedCertificate, signAuthority, signServer } from '#groups/pool/sign-certificate.ts';

const hour = 3_600_000;
const validity = () => ({ from: Date.now() - hour, to: Date.now() + hour });

/** An authority as the operator makes one for a pool, for servers on `localhost`. */
export class TestAuthority {
  readonly #own: KeyedCertificate;

  private constructor(own: KeyedCertificate) {
    this.#own = own;
  }

  static async make(): Promise<TestAuthority> {
    return new TestAuthority(await signAuthority('glidein test', validity()));
  }

  /** PEM. */
  get certificate(): string {
    return this.#own.certificate;
  }

  /** Writes a new tls.crt and tls.key; each appears whole. */
  async writeServer(directory: string): Promise<void> {
    const { certificate, key } = await signServer(this.#own, ['localhost'], validity());
    for (const [name, content] of Object.entries({ 'tls.crt': certificate, 'tls.key': key })) {
      await writeFile(join(directory, `${name}.part`), content);
      await rename(join(directory, `${name}.part`), join(directory, name));
    }
  }
}
