import type { ImageConfig } from '../registry/manifest.ts';

/** A file of an image, by its path below the root. */
export interface StartFile {
  readonly path: string;
  readonly text: string;
  readonly mode: number;
}

/** Variables that an image always sets: the others keep what the job has set. */
const always: ReadonlySet<string> = new Set(['PATH', 'LD_LIBRARY_PATH']);

/**
 * The files of `.singularity.d` that stand for an image's configuration: its environment, its labels, and its program with the
 * meaning that entry point and command have for `docker run`. The paths are those of Apptainer (`apptainer build --sandbox`).
 */
export function startFiles({ config }: ImageConfig): StartFile[] {
  const program = programOf(config?.Entrypoint ?? [], config?.Cmd ?? []);
  return [
    {
      path: '.singularity.d/env/10-docker2singularity.sh',
      text: environmentOf(config?.Env ?? []),
      mode: 0o755,
    },
    {
      path: '.singularity.d/labels.json',
      text: `${JSON.stringify(config?.Labels ?? {}, null, 2)}\n`,
      mode: 0o644,
    },
    ...(program === undefined ? [] : [{ path: '.singularity.d/runscript', text: program, mode: 0o755 }]),
    { path: '.singularity.d/startscript', text: '#!/bin/sh\n', mode: 0o755 },
    ...Object.entries(actions).map(([name, line]) => ({
      path: `.singularity.d/actions/${name}`,
      text: `#!/bin/sh\nfor each in /.singularity.d/env/*.sh; do [ -f "$each" ] && . "$each"; done\n${line}\n`,
      mode: 0o755,
    })),
  ];
}

/** What each command of Apptainer executes. */
const actions: Readonly<Record<string, string>> = {
  exec: 'exec "$@"',
  run: 'exec /.singularity.d/runscript "$@"',
  shell: 'exec /bin/sh "$@"',
  start: 'exec /.singularity.d/startscript "$@"',
};

function environmentOf(variables: readonly string[]): string {
  const lines = variables.flatMap((variable) => {
    const equals = variable.indexOf('=');
    const name = variable.slice(0, equals);
    // A shell can set no others.
    if (equals <= 0 || !/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) return [];
    const line = `export ${name}=${quoted(variable.slice(equals + 1))}`;
    return [always.has(name) ? line : `[ -n "\${${name}+set}" ] || ${line}`];
  });
  return `#!/bin/sh\n${lines.map((line) => `${line}\n`).join('')}`;
}

/** Undefined for an image that has no program of its own. */
function programOf(entryPoint: readonly string[], command: readonly string[]): string | undefined {
  if (entryPoint.length === 0 && command.length === 0) return undefined;
  const usual = command.map(quoted).join(' ');
  const first = entryPoint.map((word) => `${quoted(word)} `).join('');
  const byDefault = command.length === 0 ? '' : `[ $# -gt 0 ] || set -- ${usual}\n`;
  return `#!/bin/sh\n${byDefault}exec ${first}"$@"\n`;
}

const quoted = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`;
