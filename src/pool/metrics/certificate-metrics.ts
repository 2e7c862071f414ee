import { X509Certificate } from 'node:crypto';
import { Gauge, type Registry } from 'prom-client';

/** When the certificate ends that the pool serves with. */
export class CertificateMetrics {
  readonly #end: Gauge<'certificate'>;

  constructor(registry: Registry) {
    this.#end = new Gauge({
      name: 'glidein_pool_certificate_end_timestamp_seconds',
      help: 'When a certificate ends: Server, that of the pool; Authority, the one that signed it, if it lies beside it.',
      labelNames: ['certificate'],
      registers: [registry],
    });
  }

  /** Takes note of what is in force from now on, in PEM. */
  inForce({ cert, ca }: { readonly cert: string | Buffer; readonly ca: string | Buffer | undefined }): void {
    this.#end.reset();
    this.#end.set({ certificate: 'Server' }, endOf(cert));
    if (ca !== undefined) this.#end.set({ certificate: 'Authority' }, endOf(ca));
  }
}

const endOf = (pem: string | Buffer): number => new X509Certificate(pem).validToDate.getTime() / 1000;
