/** The door of control-plane.mjs for TypeScript. */

export interface ControlPlane {
  /** `https://127.0.0.1:PORT` */
  readonly url: string;
  /** Bearer token of an administrator. */
  readonly token: string;
  /** File with an ordinary kubeconfig, everything inside. */
  readonly kubeconfig: string;
  /** The CA's certificate, PEM. */
  readonly ca: string;
  readonly caFile: string;
  /** Folder with data and log files. */
  readonly dir: string;
  /** Kills every process, waits until they are gone, and removes the folder where it was a temporary one. */
  stop(): Promise<void>;
}

export interface ControlPlaneOptions {
  /** For data, logs and credentials; without it a temporary folder that `stop` removes. */
  readonly dir?: string;
  /** Also run the controller-manager: namespaces end, owned objects are collected, ServiceAccounts appear. */
  readonly controllers?: boolean;
  /** Further flags of the API server, as `--max-requests-inflight=3000`. */
  readonly flags?: readonly string[];
}

/**
 * Starts etcd and an API server on loopback, building them first where that was never done (5 to 8 minutes on two
 * cores, with progress on standard error). They die with this process, however it dies.
 */
export function startControlPlane(options?: ControlPlaneOptions): Promise<ControlPlane>;
