import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startControlPlane } from './control-plane.mjs';
import { ready, writeProgress } from './settings.mjs';

/**
 * The first process of `up --control-plane`: it keeps a control plane running after the command has ended. When it is killed,
 * the kernel kills the rest.
 */

const state = process.argv[2];
await writeProgress(state, 'the API server');
const controlPlane = await startControlPlane({ dir: join(state, 'control-plane'), controllers: true });
await writeFile(join(state, 'kubeconfig.new'), await readFile(controlPlane.kubeconfig), { mode: 0o600 });
await rename(join(state, 'kubeconfig.new'), join(state, 'kubeconfig'));
await writeProgress(state, ready);

const stop = () => void controlPlane.stop().then(() => process.exit(0));
for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, stop);
// Nothing else keeps this process alive.
setInterval(() => undefined, 1 << 30);
