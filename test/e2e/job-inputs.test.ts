import { once } from 'node:events';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually } from '#testing/eventually.ts';
import { GlideinUp } from '#testing/glidein-up.ts';
import { siteManifests } from '#testing/manifests.ts';
import { printedBy } from '#testing/run-case.ts';
import { TestAuthority } from '#testing/server-certificate.ts';

let up: GlideinUp;
beforeAll(async () => {
  up = await GlideinUp.start(siteManifests({}));
});
/** What jobs have sent, by path. */
const sent = new Map<string, string>();
/** The files that jobs name by URLs. */
const site = createServer((request, answer) => {
  if (request.url === '/moved') answer.writeHead(301, { location: '/data/in.txt?signed' }).end();
  else if (request.url === '/data/in.txt?signed') answer.end('from the site\n');
  else if (request.method === 'PUT' && request.url?.startsWith('/results/') === true) {
    request.on('data', (chunk) => sent.set(request.url ?? '', String(chunk)));
    request.on('end', () => answer.writeHead(201).end());
  } else if (request.url === '/slow/in.txt') slow.resolve(request.socket);
  else answer.writeHead(404).end();
});
/** The connection of a job that requests what never comes. */
const slow = Promise.withResolvers<Socket>();
const addressOf = (path: string) => `http://127.0.0.1:${(site.address() as AddressInfo).port}${path}`;
beforeAll(() => new Promise<void>((done) => site.listen(0, '127.0.0.1', done)));
afterAll(async () => {
  site.close();
  await up?.stop();
});

const cat = (urls: string) =>
  `executable = /bin/cat\ntransfer_executable = false\ncontainer_image = hello\narguments = in.txt moved\ntransfer_input_files = ${urls}\n` +
  'request_memory = 64 MB\nrequest_disk = 50 MB\nqueue\n';

test('a job finds the files of the URLs among its inputs, and they are not its outputs', async () => {
  const cluster = await up.submit(cat(`${addressOf('/data/in.txt?signed')}, ${addressOf('/moved')}`));
  await eventually(async () => {
    const [job] = await up.jobs(cluster);
    expect(job?.ad.JobStatus, job?.ad.HoldReason).toBe('4');
    expect(job?.outputs).toEqual([]);
  });
  expect((await up.glidein(['logs', String(cluster)])).out).toBe('from the site\nfrom the site\n');
});

test('a job is held if a URL among its inputs does not exist, and the reason has the URL and the answer', async () => {
  const cluster = await up.submit(cat(addressOf('/gone/in.txt?secret')));
  await eventually(async () => {
    const [job] = await up.jobs(cluster);
    expect(job?.ad).toMatchObject({ JobStatus: '5', HoldReasonCode: '13' });
    expect(job?.ad.HoldReason).toContain(
      `the input ${addressOf('/gone/in.txt')} was not fetched: the server answered 404 Not Found`,
    );
  });
});

const writes = (destination: string) =>
  'executable = /bin/sh\ntransfer_executable = false\ncontainer_image = hello\narguments = "-c \'echo result > out; echo printed\'"\n' +
  `transfer_output_files = out\noutput_destination = ${destination}\nrequest_memory = 64 MB\nrequest_disk = 50 MB\nqueue\n`;

test('a job whose outputs go to a URL is completed when they are there', async () => {
  const cluster = await up.submit(writes(addressOf('/results')));
  await eventually(async () => {
    const [job] = await up.jobs(cluster);
    expect(job?.ad.JobStatus, job?.ad.HoldReason).toBe('4');
    expect(job?.outputs).toEqual([]);
  });
  expect(sent.get('/results/out')).toBe('result\n');
  expect((await up.glidein(['logs', String(cluster)])).out).toBe('printed\n');
});

test('a job is held if its outputs are refused, and the reason has the URL and the answer', async () => {
  const cluster = await up.submit(writes(addressOf('/elsewhere')));
  await eventually(async () => {
    const [job] = await up.jobs(cluster);
    expect(job?.ad).toMatchObject({ JobStatus: '5', HoldReasonCode: '12' });
    expect(job?.ad.HoldReason).toContain(
      `an output was not sent to ${addressOf('/elsewhere/out')}: the server answered 404 Not Found`,
    );
  });
});

test('a job that is removed while one of its URLs is fetched ends at once, and so does the fetch', async () => {
  const cluster = await up.submit(cat(addressOf('/slow/in.txt')));
  const socket = await slow.promise;
  const closed = once(socket, 'close');
  await up.glidein(['rm', String(cluster)]);
  await closed;
  await eventually(async () => {
    const [job] = await up.jobs(cluster);
    expect(job?.ad.JobStatus).toBe('3');
  });
});

test('a job finds an input directory under its name, or its content if it was written with a slash', async () => {
  const files = (await printedBy(up, 'input-directories')).filter((line) => /^\.\/[^.]/.test(line));
  expect(files.sort()).toEqual(['./c.txt', './tree/a.txt', './tree/sub/b.txt']);
});

/** Waits for a job's end. @returns what it printed */
async function printed(cluster: number): Promise<string> {
  await eventually(async () => {
    const [job] = await up.jobs(cluster);
    expect(job?.ad.JobStatus, job?.ad.HoldReason).toBe('4');
  });
  return (await up.glidein(['logs', String(cluster)])).out;
}

const sizes = 'request_memory = 64 MB\nrequest_disk = 50 MB\nqueue\n';

test('a job finds its proxy by X509_USER_PROXY, and nobody else may read the file', async () => {
  const proxy = join(up.directory, 'proxy.pem');
  await writeFile(proxy, (await TestAuthority.make()).certificate);
  await chmod(proxy, 0o644);
  const script = 'stat -c %a $X509_USER_PROXY; head -n 1 $X509_USER_PROXY; echo $X509_USER_PROXY';
  await writeFile(join(up.directory, 'show-proxy.sh'), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  const cluster = await up.submit(
    `executable = show-proxy.sh\ncontainer_image = hello\nx509userproxy = ${proxy}\n${sizes}`,
  );
  expect(await printed(cluster)).toBe('600\n-----BEGIN CERTIFICATE-----\n/srv/proxy.pem\n');
});

test('a token that is transferred as an input is found as the advice for the refused commands says', async () => {
  await writeFile(join(up.directory, 'token'), 'secret', { mode: 0o600 });
  const cluster = await up.submit(
    `executable = /bin/sh\ncontainer_image = hello\ntransfer_input_files = token\nenvironment = "BEARER_TOKEN_FILE=/srv/token"\n` +
      `arguments = "-c 'stat -c %a $BEARER_TOKEN_FILE'"\n${sizes}`,
  );
  expect(await printed(cluster)).toBe('600\n');
});

test('a program of an image runs although an input has the same name', async () => {
  await mkdir(join(up.directory, 'data'));
  await writeFile(join(up.directory, 'data/cat'), '#!/bin/sh\necho the input\n', { mode: 0o755 });
  const cluster = await up.submit(
    `executable = /bin/cat\ncontainer_image = hello\ntransfer_input_files = data/cat\narguments = cat\n${sizes}`,
  );
  expect(await printed(cluster)).toBe('#!/bin/sh\necho the input\n');
});

test('a job of HTCondor finds the variables and files that it reads there', async () => {
  expect(await printedBy(up, 'environment-of-the-job')).toEqual(
    expect.arrayContaining([
      'BATCH_SYSTEM=HTCondor',
      '_CONDOR_SCRATCH_DIR=/srv',
      '_CONDOR_JOB_AD=/srv/.job.ad',
      '_CONDOR_MACHINE_AD=/srv/.machine.ad',
      expect.stringMatching(/^_CONDOR_SLOT=slot1_\d+$/),
      '_CONDOR_JOB_PIDS=',
      'TMPDIR=/srv/.tmp',
      'OMP_NUM_THREADS=1',
      'PYTHON_CPU_COUNT=1',
      '.job.ad',
      '.machine.ad',
    ]),
  );
});
