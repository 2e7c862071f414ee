import type { IncomingMessage } from 'node:http';
import { BlockList, isIP } from 'node:net';

/** The most addresses of a header that are looked at: anybody can write as many as a header may have characters. */
const mostHops = 32;

/** The proxies whose word for the address of a client is taken. */
export class TrustedProxies {
  readonly #trusted = new BlockList();

  /** @param networks addresses, or networks such as `10.0.0.0/8` */
  constructor(networks: readonly string[] = []) {
    for (const network of networks) {
      const [address = '', length] = network.split('/');
      const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
      this.#trusted.addSubnet(address, Number(length ?? (family === 'ipv6' ? 128 : 32)), family);
    }
  }

  /**
   * The address of a client: that of the connection, unless it is a trusted proxy's. Then it is the last address in
   * `X-Forwarded-For` that is not one: clients may have written those before it.
   */
  addressOf({ headers, socket }: Pick<IncomingMessage, 'headers' | 'socket'>): string {
    let address = plain(socket.remoteAddress ?? '');
    if (!this.#trusts(address)) return address;
    const hops = String(headers['x-forwarded-for'] ?? '').split(',');
    for (const hop of hops.slice(-mostHops).reverse()) {
      const next = plain(hop.trim());
      if (isIP(next) === 0) return address;
      address = next;
      if (!this.#trusts(address)) return address;
    }
    return address;
  }

  #trusts(address: string): boolean {
    const version = isIP(address);
    return version !== 0 && this.#trusted.check(address, version === 6 ? 'ipv6' : 'ipv4');
  }
}

/** An IPv4 address as such, also where a socket for IPv6 has it. */
const plain = (address: string): string => address.replace(/^::ffff:(?=[0-9.]+$)/, '');
