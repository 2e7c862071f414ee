/**
 * The versions that the test cluster is built from. Each built part is cached under its own version, so a branch with other
 * versions does not disturb this one and only builds what differs.
 */

/** After a change, run `node hack/cluster/update-go-mod.mjs` and commit go.mod and go.sum. */
export const kubernetesVersion = 'v1.36.3';
export const containerdVersion = 'v2.4.2';
export const runcVersion = 'v1.5.2';
export const corednsVersion = 'v1.15.0';
export const helmVersion = 'v4.3.1';
/** Sites have both; the charts are rendered by both. */
export const helm3Version = 'v3.22.0';

/** Of the OpenTelemetry Collector, as `hack/otlp-receiver/go.mod` names it. */
export const otlpReceiverVersion = 'v0.140.0';

/** Not of the cluster: it reads workflows. */
export const actionlintVersion = 'v1.7.12';

/** The oldest Go that Kubernetes' own go.mod accepts. */
export const goVersion = '1.26';
