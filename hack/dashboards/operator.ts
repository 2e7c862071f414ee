import { dashboard } from './dashboard.ts';
import { lines, number, stack } from './panel.ts';

/** Whether the operator keeps up with the cluster. */
export const operator = () =>
  dashboard({
    uid: 'glidein-operator',
    title: 'Glidein / Operator',
    description:
      'Whether the operator keeps up: who leads, how old its knowledge is, how long its work waits and takes, and what the API server answers.',
    sections: [
      {
        title: 'Leadership and knowledge',
        panels: [
          number(
            { title: 'Leaders', says: 'Exactly one operator of an installation leads.' },
            { expr: 'sum(glidein_leader)', legend: 'leaders' },
          ),
          number(
            { title: 'Pools that are ready', says: 'GlideinPools that serve.' },
            { expr: 'max(glidein_pools{ready="True"})', legend: 'ready' },
          ),
          lines(
            {
              title: 'Age of knowledge',
              says: 'Seconds since the API server last sent anything about a kind: minutes mean that a watch has stalled.',
              unit: 's',
            },
            { expr: 'max by (resource) (glidein_kube_stale_seconds)', legend: '{{resource}}' },
          ),
          lines(
            {
              title: 'Tokens expire in',
              says: 'What is left of the operator’s tokens for pools: it gets another one when a fifth is left.',
              unit: 's',
            },
            {
              expr: 'min by (namespace, pool) (glidein_pool_token_end_timestamp_seconds) - time()',
              legend: '{{namespace}}/{{pool}}',
            },
          ),
          lines(
            { title: 'Objects in memory', says: 'What the operator keeps a copy of.' },
            { expr: 'max by (resource) (glidein_kube_objects)', legend: '{{resource}}' },
          ),
        ],
      },
      {
        title: 'Work',
        panels: [
          stack(
            { title: 'Reconciles', says: 'By controller and by how they ended.', unit: 'ops' },
            {
              expr: 'sum by (controller, result) (rate(glidein_reconciles_total[$__rate_interval]))',
              legend: '{{controller}} {{result}}',
            },
          ),
          lines(
            { title: 'Time of a reconcile', says: '95 % take no longer.', unit: 's' },
            {
              expr: 'histogram_quantile(0.95, sum by (le, controller) (rate(glidein_reconcile_seconds_bucket[$__rate_interval])))',
              legend: '{{controller}}',
            },
          ),
          lines(
            {
              title: 'Queue',
              says: 'Names that wait for a worker; a queue that only grows means that the operator does not keep up.',
            },
            { expr: 'sum by (controller) (glidein_queue_depth)', legend: '{{controller}}' },
          ),
          lines(
            { title: 'Wait in the queue', says: '95 % wait no longer.', unit: 's' },
            {
              expr: 'histogram_quantile(0.95, sum by (le, controller) (rate(glidein_queue_wait_seconds_bucket[$__rate_interval])))',
              legend: '{{controller}}',
            },
          ),
        ],
      },
      {
        title: 'API server',
        panels: [
          stack(
            { title: 'Answers', says: 'By status; 0 means no answer.', unit: 'ops' },
            {
              expr: 'sum by (status) (rate(glidein_kube_requests_total[$__rate_interval]))',
              legend: '{{status}}',
            },
          ),
          lines(
            { title: 'Time of a request', says: '95 % take no longer.', unit: 's' },
            {
              expr: 'histogram_quantile(0.95, sum by (le, method) (rate(glidein_kube_request_seconds_bucket[$__rate_interval])))',
              legend: '{{method}}',
            },
          ),
          lines(
            {
              title: 'Refusals and faults',
              says: 'By what was asked: 403 means a missing right, 409 a race that is tried again, 0 no answer.',
              unit: 'ops',
            },
            {
              expr: 'sum by (method, resource, status) (rate(glidein_kube_errors_total[$__rate_interval]))',
              legend: '{{method}} {{resource}} {{status}}',
            },
          ),
          lines(
            {
              title: 'Watches',
              says: 'Watches that were opened and lists that were read again, per second.',
              unit: 'ops',
            },
            {
              expr: 'sum by (resource) (rate(glidein_kube_watches_total[$__rate_interval]))',
              legend: '{{resource}} watches',
            },
            {
              expr: 'sum by (resource) (rate(glidein_kube_lists_total[$__rate_interval]))',
              legend: '{{resource}} lists',
            },
            {
              expr: 'sum(rate(glidein_kube_watch_failures_total[$__rate_interval])) or vector(0)',
              legend: 'failures',
            },
          ),
          lines(
            {
              title: 'Memory',
              says: 'Of each process of this project; the limits of its container are in its pod.',
              unit: 'bytes',
            },
            {
              expr: 'process_resident_memory_bytes and on (job, instance) glidein_build_info',
              legend: '{{pod}}',
            },
          ),
        ],
      },
      {
        title: 'Sets of images',
        panels: [
          stack(
            {
              title: 'Tags by state',
              says: 'What publishers have said: failed tags stay live with the image that they had.',
            },
            { expr: 'sum by (set, state) (glidein_image_set_tags)', legend: '{{set}} {{state}}' },
          ),
          lines(
            {
              title: 'Age of what publishers said',
              says: 'The operator asks each minute; more than a few minutes mean that a publisher does not answer.',
              unit: 's',
            },
            {
              expr: 'time() - max by (namespace, set) (glidein_image_set_answered_timestamp_seconds)',
              legend: '{{namespace}}/{{set}}',
            },
          ),
          lines(
            {
              title: 'Checks and publications',
              says: 'By result, per second: a code of the catalogue of errors, if it is one.',
              unit: 'ops',
            },
            {
              expr: 'sum by (result) (rate(glidein_image_checks_total[$__rate_interval]))',
              legend: 'checks {{result}}',
            },
            {
              expr: 'sum by (result) (rate(glidein_image_publications_total[$__rate_interval]))',
              legend: 'publications {{result}}',
            },
          ),
          lines(
            {
              title: 'Time until the next check',
              says: 'Below zero, a publisher does not keep up with its registries.',
              unit: 's',
            },
            {
              expr: 'min by (instance) (glidein_image_next_check_timestamp_seconds) - time()',
              legend: '{{instance}}',
            },
          ),
        ],
      },
    ],
  });
