// Fails when a chart does not lint, does not render for one of the kinds of sites in charts/glidein/ci and examples/values, or
// accepts meaningless values; by Helm 4 and by Helm 3, which must agree. hack/verify-crds.ts compares the schema of the values, and
// their table, with values.yaml. Whether the API server accepts the objects is tested by test/integration/charts.test.ts.
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { valuesWithoutEffect } from './chart-values/value-effects.mjs';
import { chartFolders, helm, renderChart, templateFlags, valueFiles } from './charts.mjs';

/** Values that must be refused, each with words that the message must contain. */
const refused = [
  ['replicas=many', '/replicas'],
  ['watchNamspaces=typing-error', "'watchNamspaces' not allowed"],
  ['watchNamespace=old', 'write watchNamespaces: [old]'],
  ['watchNamespaces={a,b,a}', '/watchNamespaces'],
  ['watchNamespaces={A name}', '/watchNamespaces/0'],
  ['site=Not A Name', '/site'],
  ['image.digest=sha256:short', '/image/digest'],
  ['serviceAccount.create=false', 'serviceAccount.name'],
  ['pool.create=true', 'write pools: [{name: …, spec: …}]'],
  ['pools[0].name=p,pools[0].spec.type=Embeded', "/pools/0/spec/type': value must be one of 'Embedded'"],
  ['pools[0].name=p,pools[0].spec.type=Embedded,pools[0].spec.embeded.x=1', "'embeded' not allowed"],
  ['pools[0].name=p', "missing property 'spec'"],
  ['groups[0].name=g,groups[0].spec.poolRef.name=p', "/groups/0/spec': missing property 'pilot'"],
  ['policies[0].name=p,policies[0].spec.strategy=Pack', '/policies/0/spec/strategy'],
  ['imageSets[0].name=i,imageSets[0].spec.images={debian}', '/imageSets/0/spec'],
  [
    'watchNamespaces={a},pools[0].name=p,pools[0].namespace=b,pools[0].spec.type=Embedded',
    'pools[0]: the operator would not see "p" in the namespace b: add that to watchNamespaces',
  ],
  [
    'pools[0].name=p,pools[0].spec.type=Embedded,pools[1].name=p,pools[1].spec.type=Embedded',
    'pools[1]: "p" is there twice',
  ],
  ['networkPolicy.pilots.enabled=true', 'networkPolicy.pilots.namespaces: write the namespaces'],
  // Without names, the right to make tokens would be for every account.
  ['rbac.submitAs=null', "/rbac': missing property 'submitAs'"],
  ['rbac.submitAs={}', '/rbac/submitAs'],
  ['rbac.submitAs={default,glidein-operator}', 'could act as the operator'],
  ['pools[0].name=2nd,pools[0].spec.type=Embedded', '/pools/0/name'],
  ['fullnameOverride=My_Name', '/fullnameOverride'],
  ['metrics.serviceMonitor.enabled=true,metrics.service.enabled=false', 'without metrics.service'],
  ['tests=null', "missing property 'tests'"],
  ['metrics.service=null', "/metrics': missing property 'service'"],
];

/** Flags that take away defaults of values that may be empty. */
const taken = [
  'metrics.dashboards.enabled=true',
  'metrics.dashboards.labels=null',
  'securityContext=null',
  'podSecurityContext=null',
  'resources=null',
  'affinity=null',
  'networkPolicy.pilots.egress=null',
  'image.tag=null',
  'watchNamespaces=null',
  'pools=null',
].flatMap((value) => ['--set', value]);

/** @type {[name: string, check: () => Promise<unknown>][]} */
const checks = [
  ...Object.values(chartFolders).map((chart) => [`helm lint ${basename(chart)}`, () => lint(chart)]),
  ...(await valueFiles()).map((file) => [`values ${basename(file)}`, () => renders(file)]),
  ...(await valueFiles()).map((file) => [
    `Helm 3 with values ${basename(file)}`,
    () => rendersEqually(chartFolders.glidein, ['--values', file]),
  ]),
  ['Helm 3 with glidein-crds', () => rendersEqually(chartFolders.crds, [])],
  ['glidein-crds with keep=false', () => renderChart(chartFolders.crds, ['--set', 'keep=false'])],
  ['every value has an effect', everyValueHasAnEffect],
  ['names that look like numbers are texts', namesAreTexts],
  ['null takes a default away', () => renderChart(chartFolders.glidein, taken)],
  ...refused.map(([value, word]) => [`refuses ${value}`, () => refuses(value, word)]),
];

let failed = 0;
for (const [name, check] of checks) {
  try {
    await check();
  } catch (error) {
    failed += 1;
    console.error(`${name}: ${error.message}`);
  }
}
if (failed > 0) process.exitCode = 1;
else console.log(`${checks.length} checks of the charts passed`);

async function lint(chart) {
  const { ok, output } = await helm(['lint', '--strict', chart]);
  if (!ok) throw new Error(output);
}

async function renders(file) {
  const objects = await renderChart(chartFolders.glidein, ['--values', file]);
  if (!objects.some(({ kind }) => kind === 'Deployment')) throw new Error('there is no Deployment');
  const { ok, output } = await helm(['lint', '--strict', chartFolders.glidein, '--values', file]);
  if (!ok) throw new Error(output);
}

async function rendersEqually(chart, args) {
  const [four, three] = [await renderChart(chart, args), await renderChart(chart, args, 'helm3')];
  assert.deepEqual(inOrder(three), inOrder(four));
}

/** Either version sorts the objects by kind in its own way. */
function inOrder(objects) {
  const nameOf = ({ kind, metadata }) => `${kind} ${metadata.namespace} ${metadata.name}`;
  return objects.toSorted((one, other) => (nameOf(one) < nameOf(other) ? -1 : 1));
}

async function refuses(value, word) {
  for (const version of ['helm', 'helm3']) {
    const words = ['template', 'glidein', chartFolders.glidein, ...templateFlags, '--set', value];
    const { ok, output } = await helm(words, process.env, version);
    if (ok) throw new Error(`${version} accepted it`);
    if (!output.includes(word))
      throw new Error(`the refusal of ${version} does not say what is wrong: ${output}`);
  }
}

/** Names of Kubernetes may consist of digits, which YAML takes for a number where they are not in quotes. */
async function namesAreTexts() {
  const spec = { poolRef: { name: 'p' }, replicas: 0, pilot: { cpus: 1, memory: '1Gi' } };
  const everywhere = { enabled: true, namespaces: ['2718', '3e14'] };
  const values = {
    nameOverride: '4669',
    watchNamespaces: ['2718', '3e14'],
    namespaces: [{ name: '2718' }],
    pools: [{ name: 'p', namespace: '3e14', spec: { type: 'Embedded' } }],
    groups: [{ name: '1729', spec }],
    serviceAccount: { name: '4104' },
    rbac: { submitAs: ['6174'] },
    metrics: { existingSecret: '8128', serviceMonitor: { enabled: true }, poolMonitor: { enabled: true } },
    priorityClasses: { operator: { create: true, name: '5040' }, pilots: { create: true, name: '5e40' } },
    certManager: { enabled: true },
    seccompProfile: { install: true, namespace: '2718' },
    networkPolicy: { enabled: true, pools: everywhere, pilots: everywhere, publishers: everywhere },
    tests: { serviceAccount: '6174' },
  };
  const folder = await mkdtemp(join(tmpdir(), 'glidein-values-'));
  try {
    const file = join(folder, 'values.yaml');
    await writeFile(file, JSON.stringify(values));
    const objects = await renderChart(chartFolders.glidein, ['--values', file, '--namespace', '7e3']);
    const odd = new Set([7e3, 2718, 3e14, 4669, 1729, 4104, 6174, 8128, 5040, 5e40]);
    JSON.stringify(objects, (key, value) => {
      if (odd.has(value)) throw new Error(`${key} is the number ${value}`);
      return value;
    });
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function everyValueHasAnEffect() {
  const schema = JSON.parse(await readFile(join(chartFolders.glidein, 'values.schema.json'), 'utf8'));
  const folder = await mkdtemp(join(tmpdir(), 'glidein-values-'));
  const complaints = [];
  try {
    const file = join(folder, 'values.yaml');
    const render = async (values) => {
      await writeFile(file, values);
      return renderChart(chartFolders.glidein, ['--values', file]).catch((error) => error.message);
    };
    for await (const complaint of valuesWithoutEffect(schema, await valueFiles(), render))
      complaints.push(complaint);
  } finally {
    await rm(folder, { recursive: true });
  }
  if (complaints.length > 0) throw new Error(complaints.join('; '));
}
