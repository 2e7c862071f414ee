import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Advice, createLog } from '../progress.mjs';
import { down } from './down.mjs';
import { load, tag } from './load.mjs';
import { checkedName, stateFolder } from './places.mjs';
import { status } from './status.mjs';
import { runningSettings, up } from './up.mjs';

export const usage = `npm run cluster -- COMMAND [--name NAME]

  up                    start a Kubernetes node on this machine (root), build it first where needed
  up --control-plane    only etcd, API server and controllers on loopback (no root, no pods)
  down                  end it and remove everything that it left
  status                what is up, versions, where the logs are; exit status 0 when all is well
  env                   shell commands that set KUBECONFIG and PATH: eval "$(npm run -s cluster -- env)"
  load FILE             bring an OCI image archive into the node
  tag FROM TO           give an image of the node another name
  kubectl …             kubectl for this cluster

  --name NAME           default "glidein"; clusters of different names do not disturb each other`;

/**
 * @param {readonly string[]} argv
 * @returns {Promise<number>} exit status
 */
export async function command(argv) {
  const { name, kubectl, rest } = splitKubectl(argv);
  if (kubectl !== undefined) return runKubectl(checkedName(name), kubectl);
  const { values, positionals } = parse(rest);
  const [verb = 'help', ...operands] = positionals;
  const verbs = {
    up: runUp,
    down: runDown,
    status: runStatus,
    env: runEnv,
    load: runLoad,
    tag: runTag,
    help: runHelp,
  };
  const run = values.help ? runHelp : verbs[verb];
  if (run === undefined) throw new Advice(`There is no command "${verb}".\n\n${usage}`);
  return run({ name: checkedName(values.name), values, operands, log: createLog() });
}

/** Everything after `kubectl` belongs to kubectl, including options. */
function splitKubectl(argv) {
  const at = argv.indexOf('kubectl');
  const before = at < 0 ? argv : argv.slice(0, at);
  const { values, positionals } = parse(before);
  if (at < 0 || positionals.length > 0) return { name: values.name, kubectl: undefined, rest: argv };
  return { name: values.name, kubectl: argv.slice(at + 1), rest: before };
}

function parse(args) {
  const options = {
    name: { type: 'string', default: 'glidein' },
    'control-plane': { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  };
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (error) {
    throw new Advice(`${error.message}\n\n${usage}`);
  }
}

async function runUp({ name, values, log }) {
  const kind = values['control-plane'] ? 'control-plane' : 'node';
  await up({ name, kind, log });
  console.log((await status(name)).text);
  return 0;
}

async function runDown({ name, log }) {
  await down({ name, log });
  return 0;
}

async function runStatus({ name }) {
  const { text, isUp } = await status(name);
  console.log(text);
  return isUp ? 0 : 1;
}

async function runEnv({ name }) {
  const { folders, state } = await needed(name);
  const path = [folders.kubernetes, folders.helm].filter(Boolean).join(':');
  console.log(`export KUBECONFIG='${join(state, 'kubeconfig')}'\nexport PATH='${path}':"$PATH"`);
  return 0;
}

async function runLoad({ name, operands, log }) {
  if (operands.length !== 1) throw new Advice('Name one file: load FILE.');
  await load({ name, file: operands[0], log });
  return 0;
}

async function runTag({ name, operands: [from, to] }) {
  if (to === undefined) throw new Advice('Name two references: tag FROM TO.');
  await tag({ name, from, to });
  return 0;
}

function runHelp() {
  console.log(usage);
  return 0;
}

async function runKubectl(name, args) {
  const { folders, state } = await needed(name);
  const child = spawn(join(folders.kubernetes, 'kubectl'), args, {
    stdio: 'inherit',
    env: { ...process.env, KUBECONFIG: join(state, 'kubeconfig') },
  });
  return new Promise((resolve) => {
    child.once('exit', (code) => resolve(code ?? 1));
  });
}

async function needed(name) {
  const state = stateFolder(name);
  const settings = await runningSettings(state);
  if (settings === undefined)
    throw new Advice(`${name} is not up. Run: npm run cluster -- up --name ${name}`);
  return { folders: settings.folders, state };
}
