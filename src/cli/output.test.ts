import { Writable } from 'node:stream';
import { expect, it } from 'vitest';
import { Output } from './output.ts';

/** A stream whose second write fails with an error of the kernel. */
function failing(code: string): Writable {
  let writes = 0;
  return new Writable({
    write(chunk: Buffer, _encoding, done) {
      writes += chunk.length > 0 ? 1 : 0;
      done(
        writes > 1 && chunk.length > 0
          ? Object.assign(new Error(`${code}: write`), { code, syscall: 'write' })
          : null,
      );
    },
  });
}

it('output to a full device is an error even if no write was checked', async () => {
  const stream = failing('ENOSPC');
  const output = new Output(stream);
  stream.write('fits');
  stream.write('does not');
  await expect(output.arrived()).rejects.toMatchObject({
    code: 'WriteFailed',
    message: 'the output could not be written: no space is left on the device',
  });
});

it('output whose reader went away is no error', async () => {
  const stream = failing('EPIPE');
  const output = new Output(stream);
  stream.write('fits');
  expect(await output.arrived()).toBe(true);
  stream.write('does not');
  expect(await output.arrived()).toBe(false);
});
