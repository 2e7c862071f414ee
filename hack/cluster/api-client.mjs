import { Agent, request } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * The few requests that setting up a cluster needs. The product itself has a real client.
 */
export class ApiClient {
  #agent;
  #url;
  #token;

  /** @param {{ url: string, ca: string, token: string }} access */
  constructor({ url, ca, token }) {
    this.#agent = new Agent({ ca, keepAlive: true });
    this.#url = url;
    this.#token = token;
  }

  get = (path) => this.#send('GET', path);
  delete = (path) => this.#send('DELETE', path);

  /** Creates an object, unless it exists already. */
  create = async (path, object) => {
    const answer = await this.#send('POST', path, object, [409]);
    return answer.status === 'Failure' ? undefined : answer;
  };

  /**
   * Repeats a request until the answer satisfies `isDone`.
   *
   * @param {string} path
   * @param {(answer: any) => boolean} isDone
   * @param {AbortSignal} signal ends the waiting
   * @throws {Error} on abort, with the last obstacle
   */
  async until(path, isDone, signal) {
    let last = `${path} does not have the expected state yet`;
    while (!signal.aborted) {
      const answer = await this.get(path).catch((error) => {
        last = error.message;
      });
      if (answer !== undefined && isDone(answer)) return answer;
      await sleep(100);
    }
    throw new Error(last);
  }

  close() {
    this.#agent.destroy();
  }

  #send(method, path, body, alsoFine = []) {
    return new Promise((resolve, reject) => {
      const headers = { authorization: `Bearer ${this.#token}`, 'content-type': 'application/json' };
      const sent = request(`${this.#url}${path}`, { method, headers, agent: this.#agent, timeout: 10_000 });
      sent.once('error', reject);
      sent.once('timeout', () => sent.destroy(new Error(`no answer to ${method} ${path}`)));
      sent.once('response', (response) => {
        const chunks = [];
        response.on('data', (chunk) => chunks.push(chunk));
        response.once('error', reject);
        response.once('end', () => {
          const text = Buffer.concat(chunks).toString();
          const fine = response.statusCode < 300 || alsoFine.includes(response.statusCode);
          if (fine) resolve(text.startsWith('{') ? JSON.parse(text) : text);
          else reject(new Error(`${method} ${path} answered ${response.statusCode}: ${text.slice(0, 500)}`));
        });
      });
      sent.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }
}
