import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from './eventually.ts';
import { deleteImage, pushImage, registryConfig } from './push-image.ts';

/** Debian's docker-registry, on loopback. */
export class DebianRegistry {
  readonly host: string;
  readonly #process: ChildProcess;
  readonly #directory: string;

  private constructor(host: string, process: ChildProcess, directory: string) {
    this.host = host;
    this.#process = process;
    this.#directory = directory;
  }

  /** @param program the path of docker-registry */
  static async start(program: string): Promise<DebianRegistry> {
    const directory = await mkdtemp(join(tmpdir(), 'glidein-registry-'));
    const host = `127.0.0.1:${await freePort()}`;
    const config = join(directory, 'config.yml');
    await writeFile(config, registryConfig(join(directory, 'data'), host));
    const child = spawn(program, ['serve', config], { stdio: 'ignore' });
    const registry = new DebianRegistry(host, child, directory);
    await eventually(async () => {
      const answer = await fetch(`http://${host}/v2/`);
      if (!answer.ok) throw new Error(`the registry answers ${answer.status}`);
    });
    return registry;
  }

  /** Pushes the image of a layout (`writeLayout`) under a name such as `org/name:1`. */
  push(layout: string, name: string): Promise<void> {
    return pushImage(layout, this.host, name);
  }

  /** Deletes an image by its digest, and so every tag that leads to it. */
  delete(repository: string, digest: string): Promise<void> {
    return deleteImage(this.host, repository, digest);
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode === null && this.#process.signalCode === null) {
      const ended = once(this.#process, 'exit');
      this.#process.kill('SIGKILL');
      await ended;
    }
    await rm(this.#directory, { recursive: true, force: true });
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
