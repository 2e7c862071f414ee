import { dashboard } from './dashboard.ts';
import { lines, number, stack, table } from './panel.ts';

const chosen = 'site=~"$site",group=~"$group"';
const claimed = `sum(rate(glidein_pool_pilot_core_seconds_total{${chosen},state="Claimed"}[$__rate_interval]))`;
const offered = `sum(rate(glidein_pool_pilot_core_seconds_total{${chosen}}[$__rate_interval]))`;
const ended = `sum(increase(glidein_pool_execution_core_seconds_total{${chosen}}[$__range]))`;
const succeeded = `sum(increase(glidein_pool_execution_core_seconds_total{${chosen},outcome="Succeeded"}[$__range]))`;

/** What pilots are worth: how much of their time jobs claim, what is thrown away, and how long they take to come. */
export const pilots = () =>
  dashboard({
    uid: 'glidein-pilots',
    title: 'Glidein / Pilots and nodes',
    description:
      'What pilots cost and bring: the part of their time that jobs claim, what of it was wasted and why, and how long they take to start.',
    variables: [
      { label: 'site', metric: 'glidein_pool_pilots' },
      { label: 'group', metric: 'glidein_pool_pilots' },
    ],
    sections: [
      {
        title: 'Efficiency',
        panels: [
          number(
            {
              title: 'Claimed',
              says: 'The part of all offered core-seconds that jobs claim.',
              unit: 'percentunit',
            },
            { expr: `${claimed} / ${offered}`, legend: 'claimed' },
          ),
          number(
            {
              title: 'Succeeded',
              says: 'The part of all core-seconds of ended claims that brought a result.',
              unit: 'percentunit',
            },
            { expr: `${succeeded} / ${ended}`, legend: 'succeeded' },
          ),
          number(
            { title: 'Pilots', says: 'Pilots that are registered now.' },
            { expr: `sum(glidein_pool_pilots{${chosen}})`, legend: 'pilots' },
          ),
          number({ title: 'Cores', says: 'Cores that pilots offer.' }, { expr: offered, legend: 'cores' }),
          stack(
            {
              title: 'Pilots by state',
              says: 'What registered pilots do; Away means that the connection is lost and the lease goes on.',
            },
            { expr: `sum by (state) (glidein_pool_pilots{${chosen}})`, legend: '{{state}}' },
          ),
          stack(
            { title: 'Cores offered', says: 'Unclaimed cores are paid for and used by nobody.' },
            {
              expr: `sum by (state) (rate(glidein_pool_pilot_core_seconds_total{${chosen}}[$__rate_interval]))`,
              legend: '{{state}}',
            },
          ),
          stack(
            {
              title: 'What came of claims',
              says: 'Core-seconds per second of executions that ended: only Succeeded ones were not wasted.',
            },
            {
              expr: `sum by (outcome) (rate(glidein_pool_execution_core_seconds_total{${chosen}}[$__rate_interval]))`,
              legend: '{{outcome}}',
            },
          ),
          table(
            {
              title: 'Waste by group in the last day',
              says: 'Core time of claims that brought no result.',
              unit: 'h',
            },
            {
              expr: `topk(20, sum by (site, group, outcome) (increase(glidein_pool_execution_core_seconds_total{${chosen},outcome!="Succeeded"}[1d]))) / 3600`,
              legend: '{{site}}/{{group}} {{outcome}}',
            },
          ),
        ],
      },
      {
        title: 'Nodes',
        panels: [
          table(
            {
              title: 'Recent waste by node',
              says: 'Core time of claims that brought no result, of the twenty nodes with the most; those of six hours ago count half.',
              unit: 'h',
            },
            { expr: 'sum by (node) (glidein_pool_node_wasted_core_seconds) / 3600', legend: '{{node}}' },
          ),
          table(
            {
              title: 'Recently failed pilots by node',
              says: 'Nodes on which pilots fail again and again need a look; the same fading as for waste.',
            },
            { expr: 'sum by (node) (glidein_node_failed_pilots)', legend: '{{node}}' },
          ),
          table(
            {
              title: 'Recent payloads that could not start, by node',
              says: 'A node that swallows one job after the other is a black hole; its pilots leave by themselves.',
            },
            { expr: 'sum by (node) (glidein_pool_node_failed_starts)', legend: '{{node}}' },
          ),
          lines(
            {
              title: 'Benchmark scores',
              says: 'The mean of what services of a group’s pilots have measured; a group far below the others has slow nodes.',
            },
            {
              expr: `avg by (group, attribute) (glidein_pool_benchmark_score{${chosen}})`,
              legend: '{{group}} {{attribute}}',
            },
          ),
        ],
      },
      {
        title: 'Services',
        panels: [
          stack(
            {
              title: 'Services in pilots',
              says: 'Instances by what they do: Down may come back, Failed does not.',
            },
            { expr: 'sum by (service, state) (glidein_pool_services)', legend: '{{service}} {{state}}' },
          ),
          lines(
            {
              title: 'Restarts of services',
              says: 'How often the instances that are there now were started again.',
            },
            { expr: 'sum by (service) (glidein_pool_service_restarts)', legend: '{{service}}' },
          ),
        ],
      },
      {
        title: 'Start',
        panels: [
          lines(
            {
              title: 'Steps of a pilot’s start',
              says: 'The mean time of each step, from the pod to the first job.',
              unit: 's',
            },
            {
              expr: 'sum by (step) (rate(glidein_pilot_start_seconds_sum[$__rate_interval])) / sum by (step) (rate(glidein_pilot_start_seconds_count[$__rate_interval]))',
              legend: '{{step}}',
            },
          ),
          lines(
            {
              title: 'Start of a payload',
              says: 'From the claim to the first instruction: inputs, image and container.',
              unit: 's',
            },
            {
              expr: 'histogram_quantile(0.5, sum by (le) (rate(glidein_pool_payload_start_seconds_bucket[$__rate_interval])))',
              legend: 'half of them',
            },
            {
              expr: 'histogram_quantile(0.95, sum by (le) (rate(glidein_pool_payload_start_seconds_bucket[$__rate_interval])))',
              legend: '95 %',
            },
          ),
          lines(
            {
              title: 'Start of a container',
              says: 'What of that the container takes, as pilots measure it; the rest is inputs and images.',
              unit: 's',
            },
            {
              expr: 'histogram_quantile(0.5, sum by (le) (rate(glidein_pool_container_start_seconds_bucket[$__rate_interval])))',
              legend: 'half of them',
            },
            {
              expr: 'histogram_quantile(0.95, sum by (le) (rate(glidein_pool_container_start_seconds_bucket[$__rate_interval])))',
              legend: '95 %',
            },
          ),
          lines(
            {
              title: 'What came of executions',
              says: 'Executions that ended, per second: their number, where core-seconds tell what they cost.',
              unit: 'ops',
            },
            {
              expr: 'sum by (outcome) (rate(glidein_pool_executions_total[$__rate_interval]))',
              legend: '{{outcome}}',
            },
          ),
        ],
      },
    ],
  });
