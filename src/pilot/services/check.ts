import { get } from 'node:http';
import { connect } from 'node:net';
import { milliseconds } from '#spec/fields.ts';
import type { Probe } from '#spec/services/probe.ts';
import { filledIn } from '#spec/services/templates.ts';

/** What a check needs to know of the instance that it asks. */
export interface Asked {
  readonly ports: ReadonlyMap<string, number>;
  readonly templates: ReadonlyMap<string, string>;
  /** Runs a command beside the service; resolves with whether it ended with 0. It must end when the signal aborts. */
  readonly execute: (command: readonly string[], signal: AbortSignal) => Promise<boolean>;
}

/** One check of a service. @returns undefined if it holds, otherwise why not */
export async function check(probe: Probe, asked: Asked, stop: AbortSignal): Promise<string | undefined> {
  const limit = AbortSignal.timeout(milliseconds(probe.timeout));
  const signal = AbortSignal.any([limit, stop]);
  const problem = await ask(probe, asked, signal);
  return problem !== undefined && limit.aborted ? `no answer within ${probe.timeout}` : problem;
}

function ask({ http, tcp, exec }: Probe, asked: Asked, signal: AbortSignal): Promise<string | undefined> {
  const { ports, templates, execute } = asked;
  if (http !== undefined) return askHttp(ports.get(http.port) ?? 0, filledIn(http.path, templates), signal);
  if (tcp !== undefined) return askTcp(ports.get(tcp.port) ?? 0, signal);
  const command = (exec?.command ?? []).map((word) => filledIn(word, templates));
  return execute(command, signal).then((ok) =>
    ok ? undefined : `the command ${command[0]} did not end with 0`,
  );
}

/** Every connection is a new one: a service that has been replaced must not be answered for by its predecessor. */
function askHttp(port: number, path: string, signal: AbortSignal): Promise<string | undefined> {
  return new Promise((resolve) => {
    const request = get({ host: '127.0.0.1', port, path, signal, agent: false }, (answer) => {
      const { statusCode: status = 0 } = answer;
      answer.destroy();
      resolve(status >= 200 && status < 400 ? undefined : `GET ${path} on port ${port} answers ${status}`);
    });
    request.on('error', (error) => resolve(`GET ${path} on port ${port}: ${error.message}`));
  });
}

function askTcp(port: number, signal: AbortSignal): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', signal });
    socket.once('connect', () => {
      socket.destroy();
      resolve(undefined);
    });
    socket.once('error', (error) => resolve(`port ${port} accepts no connection: ${error.message}`));
  });
}
