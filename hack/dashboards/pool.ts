import { dashboard } from './dashboard.ts';
import { lines, number, stack, table } from './panel.ts';

const quantile = (q: number, metric: string): string =>
  `histogram_quantile(${q}, sum by (le) (rate(${metric}_bucket[$__rate_interval])))`;

const quantiles = (metric: string) => [
  { expr: quantile(0.5, metric), legend: 'half of them' },
  { expr: quantile(0.95, metric), legend: '95 %' },
];

/** What waits in pools and why, how fast they work, and who uses them. */
export const pool = () =>
  dashboard({
    uid: 'glidein-pool',
    title: 'Glidein / Pool',
    description:
      'Jobs and the pool that keeps them: what waits and why, how fast it is matched, and who uses the cores.',
    sections: [
      {
        title: 'Jobs',
        panels: [
          number(
            { title: 'Idle', says: 'Jobs that wait now.' },
            { expr: 'sum(glidein_pool_jobs{state="Idle"})', legend: 'idle' },
          ),
          number(
            { title: 'Running', says: 'Jobs that run now.' },
            { expr: 'sum(glidein_pool_jobs{state="Running"})', legend: 'running' },
          ),
          number(
            { title: 'Held', says: 'Jobs that wait for a person. `glidein q -held` says why.' },
            { expr: 'sum(glidein_pool_jobs{state="Held"})', legend: 'held' },
          ),
          number(
            {
              title: 'Oldest waiting',
              says: 'How long ago the oldest job that still waits was submitted.',
              unit: 's',
            },
            { expr: 'max(glidein_pool_oldest_waiting_seconds)', legend: 'age' },
          ),
          stack(
            { title: 'Jobs by state', says: 'What the queue is made of.' },
            { expr: 'sum by (state) (glidein_pool_jobs)', legend: '{{state}}' },
          ),
          stack(
            {
              title: 'Why jobs wait',
              says: 'Only jobs that need a slot ask for pilots: limits and back-off keep the others waiting.',
            },
            { expr: 'sum by (class) (glidein_pool_waiting_jobs)', legend: '{{class}}' },
          ),
          lines(
            {
              title: 'Time from submission to the first claim',
              says: 'What users wait for a slot.',
              unit: 's',
            },
            ...quantiles('glidein_pool_job_wait_seconds'),
          ),
          stack(
            {
              title: 'How executions end',
              says: 'Executions that were requeued, vacated or lost will run again.',
              unit: 'ops',
            },
            {
              expr: 'sum by (outcome) (rate(glidein_pool_job_outcomes_total[$__rate_interval]))',
              legend: '{{outcome}}',
            },
          ),
        ],
      },
      {
        title: 'Speed',
        panels: [
          lines(
            { title: 'Negotiation', says: 'The time of one pass of the negotiator.', unit: 's' },
            ...quantiles('glidein_pool_negotiation_seconds'),
          ),
          lines(
            { title: 'Claims granted', says: 'Jobs that get a slot, per second.', unit: 'ops' },
            { expr: 'sum(rate(glidein_pool_claims_granted_total[$__rate_interval]))', legend: 'claims' },
          ),
          lines(
            { title: 'Submission', says: 'The time from a submit to its durable answer.', unit: 's' },
            ...quantiles('glidein_pool_submit_seconds'),
          ),
          lines(
            {
              title: 'Commits',
              says: 'The time in which a group of records reaches the disk: a slow disk shows here first.',
              unit: 's',
            },
            ...quantiles('glidein_pool_store_commit_seconds'),
          ),
        ],
      },
      {
        title: 'Use',
        panels: [
          stack(
            {
              title: 'Cores by accounting group',
              says: 'Who uses the cores.',
            },
            {
              expr: 'label_replace(sum by (accounting_group) (rate(glidein_pool_accounting_group_core_seconds_total[$__rate_interval])), "accounting_group", "in no group", "accounting_group", "")',
              legend: '{{accounting_group}}',
            },
          ),
          table(
            {
              title: 'Core time of submitters in the last day',
              says: 'The ten who used most; empty where metrics are open to everybody.',
              unit: 'h',
            },
            {
              expr: 'topk(10, sum by (submitter) (increase(glidein_pool_submitter_core_seconds_total[1d]))) / 3600',
              legend: '{{submitter}}',
            },
          ),
        ],
      },
      {
        title: 'Volume and certificates',
        panels: [
          lines(
            {
              title: 'Free space',
              says: 'Below a reserve the pool takes nothing new, and says so in its state.',
              unit: 'bytes',
            },
            { expr: 'min(glidein_pool_volume_free_bytes)', legend: 'free' },
            { expr: 'max(glidein_pool_spool_bytes)', legend: 'files of jobs' },
          ),
          lines(
            {
              title: 'State of the volume',
              says: 'Serving is normal; in NoSpace no job is taken, in Full nothing is recorded.',
            },
            { expr: 'max by (state) (glidein_pool_volume_state)', legend: '{{state}}' },
          ),
          lines(
            {
              title: 'Certificates expire in',
              says: 'The operator replaces a server’s certificate when a third of its ninety days is left.',
              unit: 's',
            },
            {
              expr: 'min by (certificate) (glidein_pool_certificate_end_timestamp_seconds) - time()',
              legend: '{{certificate}}',
            },
          ),
        ],
      },
    ],
  });
