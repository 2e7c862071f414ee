import { Advice } from '../progress.mjs';
import { run } from '../run-child.mjs';

const aptTimeoutMs = 15 * 60_000;

/** Programs of the node that are taken from Debian instead of being built: CNI plug-ins, nft for kube-proxy, ip. */
export const nodePackages = [
  'containernetworking-plugins',
  'nftables',
  'iproute2',
  'util-linux',
  'libseccomp2',
];

/**
 * Installs the Debian packages that are missing. The package lists are only downloaded if any is missing.
 *
 * @param {readonly string[]} names
 * @param {import('../progress.mjs').Log} log
 * @throws {Advice} when they cannot be installed on this machine
 */
export async function ensurePackages(names, log) {
  const missing = await missingPackages(names);
  if (missing.length === 0) return;
  const command = `apt-get install --no-install-recommends ${missing.join(' ')}`;
  if (process.getuid?.() !== 0) {
    throw new Advice(`${missing.join(', ')} must be installed, which only root can do. Run: sudo ${command}`);
  }
  await log.step(`install ${missing.join(', ')}`, async () => {
    await apt(['update'], missing);
    await apt(['install', '-y', '--no-install-recommends', ...missing], missing);
  });
}

async function missingPackages(names) {
  if (names.length === 0) return [];
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the placeholders are dpkg-query's.
  const query = await run('dpkg-query', ['-W', '-f', '${db:Status-Status} ${Package}\n', ...names], {
    timeoutMs: 60_000,
  });
  if (query.code === 127) {
    throw new Advice(
      `This machine has no dpkg. If it is not a Debian or Ubuntu system, use a container or virtual machine that is (needed: ${names.join(', ')}).`,
    );
  }
  const installed = new Set(
    query.stdout
      .split('\n')
      .filter((line) => line.startsWith('installed '))
      .map((line) => line.split(' ')[1]),
  );
  return names.filter((name) => !installed.has(name));
}

async function apt(args, missing) {
  // Waits for another apt on the machine.
  const ended = await run('apt-get', ['-q', '-o', 'DPkg::Lock::Timeout=300', ...args], {
    timeoutMs: aptTimeoutMs,
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  });
  if (ended.code === 0) return;
  const lines = ended.output.trim().split('\n').slice(-8).join('\n');
  throw new Advice(
    `apt-get ${args[0]} failed, so ${missing.join(', ')} cannot be installed. It said:\n${lines}`,
  );
}
