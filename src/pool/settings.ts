import type { RetentionLimits } from './queue/retention.ts';
import type { Synchronous } from './store/store-messages.ts';

/** The settings with which a pool starts. */
export interface PoolSettings {
  /** Holds its database, spool and key. */
  readonly directory: string;
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** Holds tls.crt and tls.key; without it the pool listens on loopback only. */
  readonly tlsDirectory?: string | undefined;
  /** Seconds after which a silent pilot is taken for dead; HTCondor's JobLeaseDuration is 2400. */
  readonly leaseSeconds: number;
  /** A job is held once this many pilots were lost while it ran on them. */
  readonly mostLostPilots: number;
  /** Seconds between evaluations of the jobs' own policies, such as periodic_remove. */
  readonly periodicSeconds: number;
  /** Below this many free bytes the pool accepts no new jobs or inputs; a share of the volume if absent. */
  readonly keepFreeBytes?: number | undefined;
  /** Who may read /metrics: whoever has a token, or everybody. Token if absent. */
  readonly metrics?: 'Token' | 'Open' | undefined;
  /** A file with digests of tokens that may read /metrics and nothing else. */
  readonly metricsTokens?: string | undefined;
  /** Bytes of memory that jobs may fill; half of the heap if absent. */
  readonly jobMemoryBytes?: number | undefined;
  /** Proxies, or networks of them, whose `X-Forwarded-For` tells the audit where requests come from. */
  readonly trustedProxies?: readonly string[] | undefined;
  /** How long data that nobody needs is kept; nothing is removed if absent. */
  readonly retention?: RetentionLimits | undefined;
  /** Always FULL, except in the test which proves that anything less loses jobs. */
  readonly synchronous: Synchronous;
}
