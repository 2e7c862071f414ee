import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { runCommand } from '#testing/cluster.ts';
import { missingRuntime, testRuntime } from '#testing/pilot-process.ts';
import type { Finding } from '#wire/finding.ts';

const glidein = resolve(import.meta.dirname, '../../src/bin/glidein.ts');
const missing = await missingRuntime();
let root: string;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'glidein-doctor-test-'));
});
afterAll(() => rm(root, { recursive: true }));

/** @param path where apptainer is searched for, besides the system's own programs */
const doctor = (path: string, ...args: string[]) =>
  runCommand(process.execPath, [glidein, 'doctor', ...args], {
    env: { HOME: root, PATH: `${path}:/usr/bin:/bin` },
  });

const bin = join(testRuntime.apptainer, '..');

describe.skipIf(missing !== undefined)(`glidein doctor${missing ? ` (${missing})` : ''}`, () => {
  it('says of each thing that a pilot needs how it was found, and succeeds where payloads can run', async () => {
    const { code, out } = await doctor(bin);
    expect(code).toBe(0);
    expect(out).toMatch(
      /^good +Apptainer +\S+ \(1\.\d+\.\d+\S*\) ran a container that returned 37: tier A$/m,
    );
    expect(out).toMatch(
      /^good +user namespaces +unshare -Urm true exited with 0; user\.max_user_namespaces \d+/m,
    );
    const findings = JSON.parse((await doctor(bin, '-o', 'json')).out) as Finding[];
    expect(findings.find(({ what }) => what === 'Apptainer')?.attributes).toMatchObject({
      GLIDEIN_RuntimeTier: 'A',
    });
  });

  it('fails where no container runs, and says what to install or to change', async () => {
    const { code, out, err } = await doctor(join(root, 'none'));
    expect(code).toBe(9);
    expect(out).toMatch(/^bad +Apptainer +there is no apptainer in PATH/);
    expect(out).toMatch(/^ +to change that: install it, or put it/m);
    expect(err).toContain('1 thing on this machine would keep pilots from work: Apptainer');
  });

  it('runs the validations of groups as their pilots would', async () => {
    const check = (name: string, script: string, onFailure: string) => ({
      name,
      command: ['/bin/sh', '-c', script],
      onFailure,
    });
    const group = {
      apiVersion: 'glidein.dev/v1alpha1',
      kind: 'GlideinGroup',
      metadata: { name: 'big' },
      spec: {
        poolRef: { name: 'pool' },
        replicas: 1,
        pilot: {
          cpus: 1,
          memory: '1Gi',
          runtime: { images: { path: [testRuntime.images] } },
          validation: [
            { ...check('inside', 'ls /srv', 'Fail'), image: 'hello' },
            check('fast', 'exit 4', 'Advertise'),
            check('gpu', 'echo no device >&2; exit 3', 'Fail'),
          ],
        },
      },
    };
    const pool = {
      apiVersion: 'glidein.dev/v1alpha1',
      kind: 'GlideinPool',
      metadata: { name: 'pool' },
      spec: { type: 'Embedded' },
    };
    await writeFile(join(root, 'site.yaml'), `${stringify(pool)}---\n${stringify(group)}`);
    const { code, out } = await doctor(bin, '-f', join(root, 'site.yaml'));
    expect(code).toBe(9);
    expect(out).toMatch(/^bad +validation gpu of big +it ended with 3: no device$/m);
    expect(out).toMatch(/^missing +validation fast of big +it ended with 4$/m);
    expect(out).toMatch(/^good +validation inside of big +it passes$/m);
  });
});
