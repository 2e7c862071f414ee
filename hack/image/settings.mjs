/**
 * How the image is started. The Dockerfile has the same settings, and a test compares them.
 *
 * @param {Record<string, string>} labels
 * @returns {Record<string, unknown>} `config` of an OCI image configuration
 */
export const imageConfig = (labels) => ({
  User: '1000:1000',
  Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', 'HOME=/home/glidein'],
  // Apptainer leaves grandchildren behind, and a Node process as PID 1 would not reap them.
  Entrypoint: ['/usr/bin/tini', '--'],
  Cmd: ['glidein', '--help'],
  WorkingDir: '/home/glidein',
  Labels: labels,
});

/**
 * @param {{ version: string, revision?: string, parts?: Record<string, string> }} of `parts` are versions of what is
 *   inside, by name
 */
export const imageLabels = ({ version, revision, parts = {} }) => ({
  'org.opencontainers.image.title': 'glidein',
  'org.opencontainers.image.description': 'Operator, pool, pilot and command line of Glidein, with Apptainer',
  'org.opencontainers.image.licenses': 'Apache-2.0',
  'org.opencontainers.image.version': version,
  ...(revision === undefined ? {} : { 'org.opencontainers.image.revision': revision }),
  ...Object.fromEntries(Object.entries(parts).map(([name, text]) => [`dev.glidein.${name}`, text])),
});
