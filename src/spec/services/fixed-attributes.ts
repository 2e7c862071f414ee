import type { Service } from './service.ts';

/** What says what a slot is, in lower case. */
const fixed =
  /^(name|machine|mytype|state|activity|condorversion|arch|opsys|start|requirements|partitionableslot|slottype|cpus|memory|disk|gpus|totalslot\w+|detected\w+|has(filetransfer|selfcheckpointtransfers|container|sandboximage|docker|_?singularity|sif|apptainer|direct|service)\w*|apptainerversion|imagedigests)$/;

/** Whether an attribute says what a slot is: nothing but the pilot may set it, even where a slot does not have it yet. */
export const isFixed = (name: string): boolean => fixed.test(name.toLowerCase());

/** Attributes of results, among the services of a pilot, that slots have for something else. */
export const fixedAmong = ({
  services,
}: {
  readonly services: readonly Pick<Service, 'results'>[];
}): string[] =>
  services
    .flatMap(({ results }) => results.map(({ attribute }) => attribute))
    .filter((name) => isFixed(name) || /^glidein_/i.test(name));
