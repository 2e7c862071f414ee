import { join } from 'node:path';
import type { Terminal } from './terminal.ts';

/** Where the locks of event logs are: one place for all programs of a user that write to them. */
export const logLocks = ({ environment, home }: Pick<Terminal, 'environment' | 'home'>): string =>
  join(environment.XDG_CACHE_HOME || join(home, '.cache'), 'glidein', 'log-locks');

/** Where `glidein up` keeps its state by default. */
export const defaultState = (terminal: Pick<Terminal, 'environment' | 'home'>): string =>
  join(terminal.environment.XDG_STATE_HOME || join(terminal.home, '.local', 'state'), 'glidein');
