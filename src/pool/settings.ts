import type { RetentionLimits } from './queue/retention.ts';
import type { Synchronous } from './store/store-messages.ts';

/** What a pool is told at its start. */
export interface PoolSettings {
  /** Where its database, spool and key lie. */
  readonly directory: string;
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** Where tls.crt and tls.key lie; without it the pool listens on loopback only. */
  readonly tlsDirectory?: string | undefined;
  /** Seconds after which a silent pilot is taken for dead; HTCondor's JobLeaseDuration is 2400. */
  readonly leaseSeconds: number;
  /** A job under which this many pilots were lost is held. */
  readonly mostLostPilots: number;
  /** Seconds between looks at the policies that jobs bring with them, such as periodic_remove. */
  readonly periodicSeconds: number;
  /** Bytes of the volume below which nothing new is taken; a share of the volume if absent. */
  readonly keepFreeBytes?: number | undefined;
  /** Who may read /metrics: whoever has a token, or everybody. Token if absent. */
  readonly metrics?: 'Token' | 'Open' | undefined;
  /** Bytes of memory for jobs; half of the heap if absent. */
  readonly jobMemoryBytes?: number | undefined;
  /** How long what nobody needs is kept; nothing is removed if absent. */
  readonly retention?: RetentionLimits | undefined;
  /** FULL, but for the proof that anything less loses jobs. */
  readonly synchronous: Synchronous;
}
