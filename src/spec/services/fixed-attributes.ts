import type { Service } from './service.ts';

/** What says what a slot is, in lower case: neither a group nor a service may redefine it. */
const fixed =
  /^(name|machine|mytype|state|activity|condorversion|arch|opsys|start|requirements|partitionableslot|slottype|cpus|memory|disk|gpus|totalslot\w+|detected\w+|has(filetransfer|container|sandboximage|docker|singularity|sif|apptainer|service)\w*|apptainerversion|glidein_\w+)$/;

/** Attributes of results, among the services of a pilot, that slots have for something else. */
export const fixedAmong = ({
  services,
}: {
  readonly services: readonly Pick<Service, 'results'>[];
}): string[] =>
  services
    .flatMap(({ results }) => results.map(({ attribute }) => attribute))
    .filter((name) => fixed.test(name.toLowerCase()));
