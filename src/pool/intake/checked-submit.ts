import type { AdTexts } from '#wire/ad-texts.ts';
import type { JobFile } from '#wire/file.ts';
import type { PackedProcs } from '../jobs/packed-procs.ts';

/** A file that jobs need, under the first of its names. */
export type NeededFile = Pick<JobFile, 'digest' | 'name' | 'size'>;

/** A submit whose every part has been checked, except for what only the pool as a whole knows. */
export interface CheckedSubmit {
  /** Chosen by the client. */
  readonly key: string;
  /** The ad that the procs share, without attributes that only the pool may set. */
  readonly cluster: AdTexts;
  readonly procs: PackedProcs;
  /** The jobs ask to be held from the start. */
  readonly held: boolean;
  /** {@link NeededFile}s, a line of JSON for each: bytes change threads without delay, however many there are. */
  readonly files: Uint8Array<ArrayBuffer>;
  /** Whether any job may limit its inputs (MaxTransferInputMB). */
  readonly limitsInputs: boolean;
  /** Bytes of the request. */
  readonly bytes: number;
  /** The memory that the jobs take in the queue. */
  readonly memory: number;
}
