/** An alert, with a case of its own by which `promtool` proves that it fires. */
export interface Alert {
  readonly name: string;
  readonly expr: string;
  /** How long it must be so, such as `10m`. */
  readonly for: string;
  /** `critical`: somebody should look now; `warning`: today; `info`: when there is time. */
  readonly severity: 'critical' | 'warning' | 'info';
  /** What is wrong, in one sentence; it may name labels as `{{ $labels.group }}`. */
  readonly summary: string;
  /** Series that make it fire, in the notation of promtool, by the minute. */
  readonly fires: Readonly<Record<string, string>>;
  /** Series that are nearly the same and do not. */
  readonly rests: Readonly<Record<string, string>>;
}

/** What Prometheus calls the pod of a pool. One of several pools must not hide what another lacks. */
const pool = 'namespace, pod, instance';

const p95 = (metric: string): string =>
  `histogram_quantile(0.95, sum by (le, ${pool}) (rate(${metric}_bucket[10m])))`;

/** All alerts; `docs/alerts.md` says of each what to do. */
export const alerts: readonly Alert[] = [
  {
    name: 'GlideinJobsWaitForPilots',
    expr: `sum by (${pool}) (glidein_pool_waiting_jobs{class="NeedSlot"}) > 0 unless on (${pool}) sum by (${pool}) (glidein_pool_pilots{state=~"Idle|Busy"}) > 0 unless on (${pool}) glidein_pool_pilots_starting > 0`,
    for: '15m',
    severity: 'critical',
    summary: 'Jobs of a pool need slots, it has no pilot, and none is on its way.',
    fires: {
      'glidein_pool_waiting_jobs{pod="a",class="NeedSlot"}': '7x180',
      'glidein_pool_pilots_starting{pod="a"}': '0x180',
      'glidein_pool_pilots{pod="b",group="g",state="Busy"}': '5x180',
      'glidein_pool_pilots_starting{pod="b"}': '3x180',
    },
    rests: {
      'glidein_pool_waiting_jobs{pod="a",class="NeedSlot"}': '7x180',
      'glidein_pool_pilots{pod="a",group="g",state="Busy"}': '5x180',
      'glidein_pool_pilots_starting{pod="a"}': '0x180',
      'glidein_pool_waiting_jobs{pod="b",class="NeedSlot"}': '7x180',
      'glidein_pool_pilots_starting{pod="b"}': '1x180',
    },
  },
  {
    name: 'GlideinJobsUnrunnable',
    expr: 'glidein_policy_jobs{class="Unrunnable"} > 0',
    for: '1h',
    severity: 'info',
    summary: '{{ $value }} jobs fit no group of the policy {{ $labels.policy }}.',
    fires: { 'glidein_policy_jobs{policy="p",class="Unrunnable"}': '3x180' },
    rests: { 'glidein_policy_jobs{policy="p",class="Unrunnable"}': '0x180' },
  },
  {
    name: 'GlideinGroupNotReady',
    expr: 'glidein_group_ready == 0 unless glidein_group_suspended == 1',
    for: '15m',
    severity: 'warning',
    summary: 'The group {{ $labels.namespace }}/{{ $labels.group }} cannot start pilots.',
    fires: {
      'glidein_group_ready{namespace="n",group="g"}': '0x180',
      'glidein_group_suspended{namespace="n",group="g"}': '0x180',
      'glidein_group_suspended{namespace="n",group="paused"}': '1x180',
    },
    rests: {
      'glidein_group_ready{namespace="n",group="g"}': '1x180',
      'glidein_group_ready{namespace="n",group="paused"}': '0x180',
      'glidein_group_suspended{namespace="n",group="paused"}': '1x180',
    },
  },
  {
    name: 'GlideinDemandUnknown',
    expr: 'glidein_group_demand_known == 0',
    for: '10m',
    severity: 'warning',
    summary:
      'The pool of the group {{ $labels.namespace }}/{{ $labels.group }} does not say which jobs wait.',
    fires: { 'glidein_group_demand_known{namespace="n",group="g"}': '0x180' },
    rests: { 'glidein_group_demand_known{namespace="n",group="g"}': '1x180' },
  },
  {
    name: 'GlideinBreakerOpen',
    expr: 'glidein_group_breaker_open == 1',
    for: '10m',
    severity: 'warning',
    summary:
      'Pilots of the group {{ $labels.namespace }}/{{ $labels.group }} fail before they register, and new ones are held back.',
    fires: { 'glidein_group_breaker_open{namespace="n",group="g"}': '1x180' },
    rests: { 'glidein_group_breaker_open{namespace="n",group="g"}': '0x180' },
  },
  {
    name: 'GlideinQuarantineGrows',
    expr: 'glidein_group_quarantined_nodes > 2 and delta(glidein_group_quarantined_nodes[1h]) > 0',
    for: '5m',
    severity: 'warning',
    summary:
      'The group {{ $labels.namespace }}/{{ $labels.group }} keeps away from {{ $value }} nodes, and from more than an hour ago.',
    fires: { 'glidein_group_quarantined_nodes{namespace="n",group="g"}': '0x140 1+1x40' },
    rests: { 'glidein_group_quarantined_nodes{namespace="n",group="g"}': '5x180' },
  },
  {
    name: 'GlideinPilotsLost',
    expr: 'increase(glidein_group_pilots_lost_total[30m]) > 5',
    for: '5m',
    severity: 'warning',
    summary:
      'Pilots of the group {{ $labels.namespace }}/{{ $labels.group }} fail after they have registered.',
    fires: { 'glidein_group_pilots_lost_total{namespace="n",group="g"}': '0+1x180' },
    rests: { 'glidein_group_pilots_lost_total{namespace="n",group="g"}': '100x180' },
  },
  {
    name: 'GlideinTimeWasted',
    expr: 'sum by (site, group) (rate(glidein_pool_execution_core_seconds_total{outcome!="Succeeded"}[1h])) / sum by (site, group) (rate(glidein_pool_execution_core_seconds_total[1h])) > 0.5',
    for: '1h',
    severity: 'warning',
    summary: 'More than half of the core-seconds that jobs claim of {{ $labels.group }} bring no result.',
    fires: {
      'glidein_pool_execution_core_seconds_total{site="s",group="g",outcome="Succeeded"}': '0+10x180',
      'glidein_pool_execution_core_seconds_total{site="s",group="g",outcome="Lost"}': '0+90x180',
    },
    rests: {
      'glidein_pool_execution_core_seconds_total{site="s",group="g",outcome="Succeeded"}': '0+90x180',
      'glidein_pool_execution_core_seconds_total{site="s",group="g",outcome="Lost"}': '0+10x180',
    },
  },
  {
    name: 'GlideinPilotsUnused',
    expr: 'sum by (site, group) (rate(glidein_pool_pilot_core_seconds_total{state="Unclaimed"}[1h])) / sum by (site, group) (rate(glidein_pool_pilot_core_seconds_total[1h])) > 0.8',
    for: '1h',
    severity: 'info',
    summary: 'Jobs use less than a fifth of the cores that the pilots of {{ $labels.group }} offer.',
    fires: {
      'glidein_pool_pilot_core_seconds_total{site="s",group="g",state="Claimed"}': '0+10x180',
      'glidein_pool_pilot_core_seconds_total{site="s",group="g",state="Unclaimed"}': '0+90x180',
    },
    rests: {
      'glidein_pool_pilot_core_seconds_total{site="s",group="g",state="Claimed"}': '0+50x180',
      'glidein_pool_pilot_core_seconds_total{site="s",group="g",state="Unclaimed"}': '0+50x180',
    },
  },
  {
    name: 'GlideinServiceFailed',
    expr: 'sum by (service) (glidein_pool_services{state="Failed"}) > 0',
    for: '15m',
    severity: 'warning',
    summary: '{{ $value }} instances of the service {{ $labels.service }} have failed for good.',
    fires: { 'glidein_pool_services{service="triton",state="Failed"}': '2x180' },
    rests: {
      'glidein_pool_services{service="triton",state="Failed"}': '0x180',
      'glidein_pool_services{service="triton",state="Down"}': '2x180',
    },
  },
  {
    name: 'GlideinPoolVolumeNearlyFull',
    expr: 'glidein_pool_volume_free_bytes / glidein_pool_volume_bytes < 0.15',
    for: '10m',
    severity: 'warning',
    summary: 'Less than 15 % of the volume of a pool is free.',
    fires: { glidein_pool_volume_free_bytes: '10x180', glidein_pool_volume_bytes: '100x180' },
    rests: { glidein_pool_volume_free_bytes: '20x180', glidein_pool_volume_bytes: '100x180' },
  },
  {
    name: 'GlideinPoolVolumeFull',
    expr: 'glidein_pool_volume_state{state!="Serving"} == 1',
    for: '1m',
    severity: 'critical',
    summary: 'The volume of a pool is full: {{ $labels.state }}.',
    fires: { 'glidein_pool_volume_state{state="NoSpace"}': '1x180' },
    rests: { 'glidein_pool_volume_state{state="Serving"}': '1x180' },
  },
  {
    name: 'GlideinCommitsSlow',
    expr: `${p95('glidein_pool_store_commit_seconds')} > 0.5`,
    for: '10m',
    severity: 'warning',
    summary: 'Records of a pool take half a second and more to reach its disk.',
    fires: {
      'glidein_pool_store_commit_seconds_bucket{pod="slow",le="0.5"}': '0x180',
      'glidein_pool_store_commit_seconds_bucket{pod="slow",le="1"}': '0+6x180',
      'glidein_pool_store_commit_seconds_bucket{pod="slow",le="+Inf"}': '0+6x180',
      'glidein_pool_store_commit_seconds_bucket{pod="fast",le="0.5"}': '0+6000x180',
      'glidein_pool_store_commit_seconds_bucket{pod="fast",le="+Inf"}': '0+6000x180',
    },
    rests: {
      'glidein_pool_store_commit_seconds_bucket{le="0.1"}': '0+60x180',
      'glidein_pool_store_commit_seconds_bucket{le="0.5"}': '0+60x180',
      'glidein_pool_store_commit_seconds_bucket{le="+Inf"}': '0+60x180',
    },
  },
  {
    name: 'GlideinRecordsUnreadable',
    expr: 'glidein_pool_store_records_unreadable > 0',
    for: '1m',
    severity: 'critical',
    summary: 'A pool could not read {{ $value }} of its records and has set them aside.',
    fires: { glidein_pool_store_records_unreadable: '1x180' },
    rests: { glidein_pool_store_records_unreadable: '0x180' },
  },
  {
    name: 'GlideinCertificateEnds',
    expr: 'glidein_pool_certificate_end_timestamp_seconds - time() < 14 * 86400',
    for: '30m',
    severity: 'critical',
    summary: 'The certificate ({{ $labels.certificate }}) of a pool ends in less than two weeks.',
    fires: { 'glidein_pool_certificate_end_timestamp_seconds{certificate="Server"}': '1000000x180' },
    rests: { 'glidein_pool_certificate_end_timestamp_seconds{certificate="Server"}': '3000000x180' },
  },
  {
    name: 'GlideinTokenEnds',
    expr: 'glidein_pool_token_end_timestamp_seconds - time() < 100',
    for: '1m',
    severity: 'critical',
    summary:
      'The operator’s token for the pool {{ $labels.namespace }}/{{ $labels.pool }} ends, and it has got no other.',
    fires: { 'glidein_pool_token_end_timestamp_seconds{namespace="n",pool="p"}': '10000x180' },
    rests: { 'glidein_pool_token_end_timestamp_seconds{namespace="n",pool="p"}': '11000x180' },
  },
  {
    name: 'GlideinImagesFail',
    expr: 'glidein_image_set_tags{state="failed"} > 0',
    for: '1h',
    severity: 'warning',
    summary: '{{ $value }} tags of the set {{ $labels.namespace }}/{{ $labels.set }} cannot be published.',
    fires: { 'glidein_image_set_tags{namespace="n",set="s",state="failed"}': '2x180' },
    rests: {
      'glidein_image_set_tags{namespace="n",set="s",state="failed"}': '0x180',
      'glidein_image_set_tags{namespace="n",set="s",state="pending"}': '2x180',
    },
  },
  {
    name: 'GlideinPublisherSilent',
    expr: 'time() - glidein_image_set_answered_timestamp_seconds > 900',
    for: '5m',
    severity: 'warning',
    summary:
      'The publisher of the set {{ $labels.namespace }}/{{ $labels.set }} has not answered for {{ $value }} seconds.',
    fires: { 'glidein_image_set_answered_timestamp_seconds{namespace="n",set="s"}': '60x180' },
    rests: { 'glidein_image_set_answered_timestamp_seconds{namespace="n",set="s"}': '0+60x180' },
  },
  {
    name: 'GlideinNoLeader',
    // Each operator by itself: there may be several. Without any there is no series, and a sum of none is none.
    expr: 'sum by (namespace, job) (glidein_leader) == 0 or absent(glidein_leader)',
    for: '5m',
    severity: 'critical',
    summary: 'No operator leads: nothing is started and nothing is removed.',
    fires: {
      'glidein_leader{namespace="one",instance="a"}': '0x180',
      'glidein_leader{namespace="other",instance="b"}': '1x180',
    },
    rests: { 'glidein_leader{instance="a"}': '0x180', 'glidein_leader{instance="b"}': '1x180' },
  },
  {
    name: 'GlideinServedByAnother',
    // A takeover lasts for three minutes.
    expr: 'glidein_namespaces{state="ServedByAnother"} > 0',
    for: '10m',
    severity: 'warning',
    summary:
      'Two installations of the operator see the same {{ $value }} namespaces; this one does nothing there.',
    fires: { 'glidein_namespaces{state="ServedByAnother"}': '1x180' },
    rests: {
      'glidein_namespaces{state="ServedByAnother"}': '1x5 0x175',
      'glidein_namespaces{state="Served"}': '3x180',
    },
  },
  {
    name: 'GlideinWatchStalled',
    expr: 'glidein_kube_stale_seconds > 300',
    for: '5m',
    severity: 'warning',
    summary: 'The operator has heard nothing about {{ $labels.resource }} for {{ $value }} seconds.',
    fires: { 'glidein_kube_stale_seconds{resource="pods"}': '0+60x180' },
    rests: { 'glidein_kube_stale_seconds{resource="pods"}': '60x180' },
  },
  {
    name: 'GlideinReconcilesFail',
    expr: 'sum by (controller) (rate(glidein_reconciles_total{result=~"error|timeout"}[15m])) / sum by (controller) (rate(glidein_reconciles_total[15m])) > 0.5',
    for: '15m',
    severity: 'warning',
    summary: 'Most reconciles of the controller {{ $labels.controller }} fail.',
    fires: {
      'glidein_reconciles_total{controller="group",result="error"}': '0+9x180',
      'glidein_reconciles_total{controller="group",result="done"}': '0+1x180',
    },
    rests: {
      'glidein_reconciles_total{controller="group",result="error"}': '0+1x180',
      'glidein_reconciles_total{controller="group",result="done"}': '0+9x180',
    },
  },
];
