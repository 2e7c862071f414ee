import packageJson from '../../package.json' with { type: 'json' };

/** What this program calls itself; the audit of a pool shows it. */
export const userAgent = `glidein/${packageJson.version}`;
