import { ClassAd } from '#classad/class-ad.ts';
import { type GivenValue, type Producer, quote, type Read } from './given-value.ts';

/** The commands and attributes that make a job one that saves its work. */
export const checkpointCommands = ['checkpoint_exit_code', 'my.wantftoncheckpoint'] as const;

/** SuccessCheckpointExitCode and what belongs to it, as condor_submit makes them. */
export const checkpoints: Producer = {
  reads: ['checkpoint_exit_code', 'transfer_checkpoint_files'],
  make(read) {
    const code = read('checkpoint_exit_code');
    const files = read('transfer_checkpoint_files');
    return {
      ...(code !== undefined && { SuccessCheckpointExitCode: codeOf(code), WantFTOnCheckpoint: 'true' }),
      ...(files !== undefined && { TransferCheckpoint: quote(files.unquoted()) }),
    };
  },
};

/** It may be an expression, but its value must be known. */
function codeOf(value: GivenValue): string {
  if (/^[-+]?[0-9]+$/.test(value.text)) return value.integer();
  const code = new ClassAd().setText('Code', value.expression()).evaluateNumber('Code');
  if (code === undefined || !Number.isInteger(code))
    throw value.fault(
      'this is not a whole number',
      'write the code with which the program exits, such as 85',
    );
  return String(code);
}

/** Whether the job saves its work while it runs: only some slots can keep that. */
export function savesItsWork(read: Read): boolean {
  return (
    read('checkpoint_exit_code') !== undefined || read('my.wantftoncheckpoint')?.text.toLowerCase() === 'true'
  );
}
