import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { testRuntime } from '#testing/pilot-process.ts';

/** `apptainer exec IMAGE true` with the flags of payloads, and nothing else: what a pilot is measured beside. */
export class BareContainers {
  readonly #directory: string;
  readonly #image: string;

  constructor(directory: string, image: string) {
    this.#directory = directory;
    this.#image = image;
  }

  /** @returns milliseconds from the start to the exit */
  async run(): Promise<number> {
    const place = join(this.#directory, randomUUID());
    await mkdir(join(place, 'work'), { recursive: true });
    await mkdir(join(place, 'job'));
    const flags = ['--userns', '--containall', '--cleanenv', '--no-eval', '--no-home'];
    const places = [
      '--workdir',
      join(place, 'work'),
      '--bind',
      `${join(place, 'job')}:/srv`,
      '--cwd',
      '/srv',
    ];
    const args = [
      '--silent',
      'exec',
      ...flags,
      ...places,
      join(testRuntime.images, this.#image),
      '/bin/true',
    ];
    const begun = performance.now();
    await new Promise<void>((done, fail) => {
      execFile(testRuntime.apptainer, args, { env: { PATH: process.env.PATH } }, (error) =>
        error === null ? done() : fail(error),
      );
    });
    const milliseconds = performance.now() - begun;
    await rm(place, { recursive: true, force: true });
    return milliseconds;
  }
}
