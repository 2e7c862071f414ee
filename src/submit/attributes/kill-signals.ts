import { didYouMean } from '#base/nearest.ts';
import { signalName, signalNames } from '#base/signals.ts';
import { truncate } from '#base/truncate.ts';
import { type GivenValue, type Producer, quote } from './given-value.ts';

/** A command that takes a signal by its name or number; the ad has the name. */
const signalCommand = (command: string, attribute: string): Producer => ({
  reads: [command],
  make(read) {
    const value = read(command);
    return value === undefined ? {} : { [attribute]: quote(signalOf(value)) };
  },
});

function signalOf(value: GivenValue): string {
  const name = signalName(value.text);
  if (name !== undefined) return name;
  // Some write USR1 or usr1, as for the shell's kill.
  const known = signalName(`SIG${value.text}`);
  const near = known === undefined ? didYouMean(value.text, signalNames) : `write ${known}`;
  throw value.fault(
    `"${truncate(value.text, 40)}" is not a signal`,
    near || `write one of ${signalNames.join(', ')}, or its number`,
  );
}

/** The signals for a job that is vacated, removed or held. */
export const signals: readonly Producer[] = [
  signalCommand('kill_sig', 'KillSig'),
  signalCommand('remove_kill_sig', 'RemoveKillSig'),
  signalCommand('hold_kill_sig', 'HoldKillSig'),
];
