import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { forward } from './forward.mjs';
import { writeKubeconfig } from './kubeconfig.mjs';
import { spawnTied } from './processes.mjs';
import { readSettings } from './settings.mjs';

/**
 * The first process of a node, in the machine's own namespaces. It starts the node in new ones and forwards the API server's
 * port. If any of the three is killed (this one, `unshare`, the node's process 1), the kernel kills everything below it;
 * with the last process it removes the namespaces, and with these all mounts, interfaces and tables.
 */

const state = process.argv[2];
// The paths of sockets must be short; relative ones are, whatever the home folder is called.
process.chdir(state);
const settings = await readSettings(state);

const server = await forward({ host: '127.0.0.1', port: 0 }, { path: 'api.sock' });
const url = `https://127.0.0.1:${server.address().port}`;
const { ca, tokens } = settings.credentials;
await writeKubeconfig(join(state, 'kubeconfig'), { url, ca, token: tokens.admin, name: settings.name });

const node = spawnTied(
  'unshare',
  [
    '-n',
    '-m',
    '-p',
    '-u',
    '-i',
    '--fork',
    '--kill-child',
    'bash',
    join(import.meta.dirname, 'node-inside.sh'),
    state,
    process.execPath,
    settings.name,
  ],
  { stdio: 'inherit' },
);
await writeFile('first-processes', `${process.pid} ${node.pid}\n`);
for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => node.kill('SIGKILL'));
node.once('exit', (code, signal) => {
  console.error(`the node ended with ${signal ?? code}`);
  process.exit(1);
});
