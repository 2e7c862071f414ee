import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { missingNamespaces, runInside, type UnpackedImage } from './image-root.ts';

const execute = promisify(execFile);
const noNamespaces = await missingNamespaces();
const inside = it.skipIf(noNamespaces !== undefined);
const why = noNamespaces === undefined ? '' : ` (${noNamespaces})`;

/**
 * Names what each dynamic program (ld.so --verify returns 0) or library (2) of the usual folders lacks, and prints how many
 * it has checked.
 */
const missingLibraries = `
loader=$(ls /lib64/ld-linux-*.so.* /lib/ld-linux-*.so.* 2>/dev/null | head -n 1)
count=0
for file in /usr/bin/* /usr/sbin/* /usr/lib/*/*.so* /usr/lib/*/apptainer/bin/*; do
  [ ! -L "$file" ] || continue
  $loader --verify "$file" 2>/dev/null
  case $? in 0|2) ;; *) continue ;; esac
  count=$((count + 1))
  $loader --list "$file" 2>&1 | grep 'not found' | sed "s:^:$file:"
done
echo "checked $count"`;

const container =
  'apptainer --silent exec --userns --containall --cleanenv --no-eval --no-home --workdir /tmp --cwd /tmp /opt/glidein/images/hello'.split(
    ' ',
  );

/** What both the image of `npm run image` and the image of the Dockerfile must fulfil. */
export function itIsTheImage(image: () => UnpackedImage): void {
  const run = (...command: string[]) => runInside(image(), command);

  it('has an entry for the user that it runs as', async () => {
    expect(image().config.User).toBe('1000:1000');
    const passwd = (await readFile(join(image().root, 'etc/passwd'), 'utf8')).split('\n');
    expect(passwd.filter((line) => line.split(':')[2] === '1000')).toEqual([
      'glidein:x:1000:1000:glidein:/home/glidein:/bin/sh',
    ]);
    const group = await readFile(join(image().root, 'etc/group'), 'utf8');
    expect(group.split('\n')).toContain('glidein:x:1000:');
  });

  it('lets nobody become another user, or write except where everybody may', async () => {
    const { stdout: setuid } = await execute('find', [image().root, '-type', 'f', '-perm', '/6000']);
    expect(setuid).toBe('');
    const writable = ['-type', 'f,d', '-perm', '/0002', '!', '-perm', '-1000'];
    expect((await execute('find', [image().root, ...writable])).stdout).toBe('');
  });

  inside(`runs as an ordinary user on a read-only root${why}`, async () => {
    expect(await run('id', '-un')).toMatchObject({ code: 0, stdout: 'glidein\n' });
    expect(await run('touch', '/file')).toMatchObject({ code: 1, stderr: /Read-only file system/ });
    expect(await run('sh', '-c', 'echo here > ~/file && cat ~/file')).toMatchObject({ stdout: 'here\n' });
  });

  inside(`explains every command${why}`, async () => {
    const names = await readdir(join(image().root, 'usr/bin'));
    const commands = names.filter((name) => /^glidein(-|$)/.test(name));
    expect(commands).toEqual(expect.arrayContaining(['glidein', 'glidein-pilot', 'glidein-pool']));
    for (const command of commands) {
      const { code, stdout, stderr } = await run(command, '--help');
      expect({ command, code, stderr }).toEqual({ command, code: 0, stderr: '' });
      expect(stdout).toContain(`Usage: ${command}`);
    }
  });

  inside(`runs a pool until it is told to end${why}`, async () => {
    const script =
      'glidein-pool --port 0 --directory /tmp/pool & until [ -s /tmp/pool/url ]; do sleep 0.1; done; kill $!; wait $!';
    const { code, stderr } = await run('sh', '-c', script);
    expect(code).toBe(0);
    expect(stderr).toMatch(/"msg":"pool is serving".*\n.*"msg":"pool is ending"/);
  });

  inside(`runs a container of Apptainer with the image of the examples${why}`, async () => {
    const { code, stdout } = await run(...container, '/bin/sh', '-c', 'cat /etc/os-release; echo $$; exit 7');
    expect(stdout).toContain('ID=glidein-hello\n');
    expect(code).toBe(7);
  });

  inside(`has the libraries of all its programs${why}`, async () => {
    const { stdout } = await run('sh', '-c', missingLibraries);
    expect(stdout).toMatch(/^checked [1-9][0-9]+\n$/);
  });
}
