import { LogFile } from './log-file.ts';

/** The most logs whose read position is remembered. */
const mostLogs = 1000;

/** The logs that were written lately, with how far each was read; the one that was not used for longest is forgotten first. */
export class OpenLogs {
  #logs = new Map<string, LogFile>();

  get(path: string): LogFile {
    const file = this.#logs.get(path) ?? new LogFile(path);
    this.#logs.delete(path);
    this.#logs.set(path, file);
    const [oldest] = this.#logs.keys();
    if (this.#logs.size > mostLogs && oldest !== undefined) this.#logs.delete(oldest);
    return file;
  }

  /** Makes every log be read again from its beginning. */
  forget(): void {
    this.#logs.clear();
  }
}
