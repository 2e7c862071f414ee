#!/usr/bin/env node
// A real Kubernetes for tests, on this machine: see docs/cluster.md. Runs on the machine's own Node.
import { command } from './cluster/command.mjs';
import { die } from './progress.mjs';

command(process.argv.slice(2)).then((code) => {
  process.exitCode = code;
}, die);
