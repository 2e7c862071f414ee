import { dashboard } from './dashboard.ts';
import { lines, stack, table } from './panel.ts';

const chosen = 'namespace=~"$namespace",group=~"$group"';

/** From demand to running pilots, on one time axis, with the limits that bit. */
export const groups = () =>
  dashboard({
    uid: 'glidein-groups',
    title: 'Glidein / Groups and pressure',
    description:
      'What jobs ask for, what policies allow, what was started and what runs: where the four lines part, a limit or a fault keeps pilots away.',
    variables: [
      { label: 'namespace', metric: 'glidein_group_wanted' },
      { label: 'group', metric: 'glidein_group_wanted' },
    ],
    marks: [
      { name: 'A limit bites', expr: `sum by (group, limit) (glidein_group_limited_pilots{${chosen}}) > 0` },
      { name: 'The breaker is open', expr: `glidein_group_breaker_open{${chosen}} == 1` },
    ],
    sections: [
      {
        title: 'From demand to pilots',
        panels: [
          lines(
            {
              title: 'Requested, allowed, submitted, running',
              says: 'The way from waiting jobs to working pilots, in pilots.',
            },
            { expr: `sum(glidein_group_demand{${chosen}})`, legend: 'requested' },
            { expr: `sum(glidein_group_wanted{${chosen}})`, legend: 'allowed' },
            { expr: `sum(glidein_group_pilots{${chosen},phase!~"Gone|Failed"})`, legend: 'submitted' },
            { expr: `sum(glidein_group_pilots{${chosen},phase=~"Idle|Busy|Draining"})`, legend: 'running' },
          ),
          stack(
            {
              title: 'Limits that bite',
              says: 'How many pilots each limit costs: the name is that of the field that sets it.',
            },
            {
              expr: `sum by (limit) (glidein_group_limited_pilots{${chosen}}) or label_replace(vector(0), "limit", "none", "", "")`,
              legend: '{{limit}}',
            },
          ),
          stack(
            {
              title: 'Pilots by phase',
              says: 'Pilots that stay before Idle wait for a node, an image or their validation.',
            },
            { expr: `sum by (phase) (glidein_group_pilots{${chosen}})`, legend: '{{phase}}' },
          ),
          lines(
            {
              title: 'Waiting jobs',
              says: 'Unrunnable jobs fit no group of the policy: `glidein why JOB` names the clause.',
            },
            { expr: 'sum by (class) (glidein_policy_jobs{namespace=~"$namespace"})', legend: '{{class}}' },
          ),
        ],
      },
      {
        title: 'Health',
        panels: [
          lines(
            {
              title: 'Ready and known',
              says: '0 means that a group cannot start pilots, or that its pool does not say what waits.',
            },
            { expr: `min by (group) (glidein_group_ready{${chosen}})`, legend: '{{group}} is ready' },
            {
              expr: `min by (group) (glidein_group_demand_known{${chosen}})`,
              legend: '{{group}}: demand is known',
            },
          ),
          lines(
            {
              title: 'Quarantined nodes',
              says: 'Nodes on which pilots have found out that payloads cannot run: new pilots keep away from them for a while.',
            },
            { expr: `sum by (group) (glidein_group_quarantined_nodes{${chosen}})`, legend: '{{group}}' },
          ),
          lines(
            { title: 'Breaker', says: '1 while failures of pilots hold back new ones.' },
            { expr: `max by (group) (glidein_group_breaker_open{${chosen}})`, legend: '{{group}}' },
          ),
          lines(
            {
              title: 'Pilots created and failed',
              says: 'Pilots that failed before they registered, beside all that were created.',
              unit: 'ops',
            },
            {
              expr: `sum(rate(glidein_group_pilots_created_total{${chosen}}[$__rate_interval]))`,
              legend: 'created',
            },
            {
              expr: `sum(rate(glidein_group_pilots_failed_total{${chosen}}[$__rate_interval])) or vector(0)`,
              legend: 'failed',
            },
            {
              expr: `sum(rate(glidein_group_pilots_lost_total{${chosen}}[$__rate_interval])) or vector(0)`,
              legend: 'lost',
            },
          ),
          table(
            {
              title: 'Groups that are not ready',
              says: 'Without suspended ones. Empty when all is well; `kubectl describe glideingroup` says why.',
            },
            {
              expr: `min by (namespace, group) (glidein_group_ready{${chosen}}) == 0 unless max by (namespace, group) (glidein_group_suspended{${chosen}}) == 1`,
              legend: '{{namespace}}/{{group}}',
            },
          ),
        ],
      },
    ],
  });
