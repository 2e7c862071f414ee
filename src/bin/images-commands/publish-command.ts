import { join } from 'node:path';
import type { Command } from 'commander';
import { Registry } from 'prom-client';
import { systemClock } from '#base/clock.ts';
import { count } from '#base/count.ts';
import { GlideinError } from '#base/error.ts';
import { addSettings } from '#cli/add-settings.ts';
import { Progress } from '#cli/progress.ts';
import { note, oneLine, print, type Terminal } from '#cli/terminal.ts';
import { imagesTable } from '#config/images-table.ts';
import { loginFiles } from '#images/registry/credentials.ts';
import { setMetrics } from '#images/set/metrics.ts';
import { Publisher } from '#images/set/publisher.ts';
import { readSpecFile } from '#images/set/spec-file.ts';
import { stateIn } from '#images/tree/leases.ts';
import { createLogger } from '#telemetry/logger.ts';
import { setWorkHere } from '../image-set-work.ts';
import { cacheDirectory, imagesDirectory } from './images-directory.ts';

/** `glidein images publish`: one round of a set, as a publisher would make it. */
export function publishCommand(images: Command, terminal: Terminal): void {
  addSettings(images.command('publish'), imagesTable)
    .argument('<file>', 'a set of images, or an ImageSet')
    .summary('publish what is due of a set of images')
    .description(
      'Does once what `glidein-publisher` does all the time: looks for what is due of a set, publishes what is new, and removes what nobody wants any more.',
    )
    .option('--name <NAME>', 'the name of the set; that of the ImageSet, or `images`, if absent')
    .addHelpText('after', '\nExamples:\n  $ glidein images publish examples/image-set/images.yaml')
    .action(async (file: string, _options, command: Command) => {
      const flags = command.optsWithGlobals();
      const { spec, digest, name: own } = await readSpecFile(file);
      const name = flags.name ?? own ?? 'images';
      const directory = imagesDirectory(flags, terminal);
      const shared = {
        name,
        directory,
        stateDirectory: stateIn(directory),
        clock: systemClock,
        logger: createLogger('publish', { level: 'silent' }),
      };
      const publisher = await Publisher.open({
        ...shared,
        workOf: await setWorkHere({
          ...shared,
          layers: join(cacheDirectory(terminal), 'set-layers'),
          logins: async () => loginFiles(terminal.environment, terminal.home),
          apptainer: undefined,
          environment: terminal.environment,
          metrics: setMetrics(new Registry(), () => undefined),
        }),
      });
      const progress = new Progress(terminal, systemClock);
      try {
        progress.say(`the set ${name}`);
        publisher.apply(spec, digest);
        // Whoever asks for it now has perhaps mended something.
        publisher.retryNow();
        await publisher.run(terminal.signal, true);
      } finally {
        progress.end();
        await publisher.close();
      }
      tell(publisher, terminal);
    });
}

/** @throws GlideinError if something has failed */
function tell(publisher: Publisher, terminal: Terminal): void {
  const { images, listings, counts } = publisher.status();
  for (const { reference, failure } of [...listings, ...images])
    if (failure !== undefined) note(terminal, oneLine(`${reference}: ${failure.code}: ${failure.reason}`));
  print(terminal, `${counts.published} of ${counts.tags} images are live.`);
  if (counts.failed > 0)
    throw new GlideinError(
      'Unavailable',
      `${count(counts.failed, 'image or pattern', 'images or patterns')} failed`,
    );
}
