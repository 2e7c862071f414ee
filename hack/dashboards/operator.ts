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
    ],
  });
