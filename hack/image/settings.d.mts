/** What an OCI image configuration says about starting a container. */
export interface StartConfig {
  readonly User: string;
  readonly Env: readonly string[];
  readonly Entrypoint: readonly string[];
  readonly Cmd: readonly string[];
  readonly WorkingDir: string;
  readonly Labels: Readonly<Record<string, string>>;
}

export function imageConfig(labels: Readonly<Record<string, string>>): StartConfig;

export function imageLabels(options: {
  version: string;
  revision?: string;
  parts?: Readonly<Record<string, string>>;
}): Record<string, string>;
