{{- define "glidein.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 40 | trimSuffix "-" }}
{{- end }}

{{/* The name of all objects of the operator: glidein-operator for a release called glidein. */}}
{{- define "glidein.fullname" -}}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 52 | trimSuffix "-" }}
{{- else }}
{{- $name := include "glidein.name" . }}
{{- /* A Service may be called neither my.site nor 2024. */}}
{{- $release := regexReplaceAll "^([0-9])" (replace "." "-" .Release.Name) "release-${1}" }}
{{- $base := ternary $release (printf "%s-%s" $release $name) (contains $name $release) }}
{{- printf "%s-operator" ($base | trunc 43 | trimSuffix "-") }}
{{- end }}
{{- end }}

{{/* The name of objects without a namespace, which must differ between releases. */}}
{{- define "glidein.metricsSecret" -}}
{{- default (printf "%s-metrics" (include "glidein.fullname" .)) .Values.metrics.existingSecret }}
{{- end }}

{{- define "glidein.clusterName" -}}
{{- printf "%s:%s" .Release.Namespace (include "glidein.fullname" .) }}
{{- end }}

{{- define "glidein.serviceAccountName" -}}
{{- if .Values.serviceAccount.create }}
{{- default (include "glidein.fullname" .) .Values.serviceAccount.name }}
{{- else }}
{{- required "write serviceAccount.name, or serviceAccount.create: true" .Values.serviceAccount.name }}
{{- end }}
{{- end }}

{{- define "glidein.image" -}}
{{- if .Values.image.digest }}
{{- printf "%s@%s" .Values.image.repository .Values.image.digest }}
{{- else }}
{{- printf "%s:%s" .Values.image.repository (default .Chart.AppVersion .Values.image.tag) }}
{{- end }}
{{- end }}

{{- define "glidein.selectorLabels" -}}
app.kubernetes.io/name: {{ include "glidein.name" . | quote }}
app.kubernetes.io/instance: {{ .Release.Name | quote }}
app.kubernetes.io/component: operator
{{- end }}

{{/* Of resources that are not the operator's own. */}}
{{- define "glidein.resourceLabels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
app.kubernetes.io/instance: {{ .Release.Name | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service | quote }}
{{- end }}

{{- define "glidein.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{ include "glidein.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service | quote }}
{{- end }}

{{/* Where resources of the values are that name no namespace. */}}
{{- define "glidein.defaultNamespace" -}}
{{- first (append (.Values.watchNamespaces | default list) .Release.Namespace) }}
{{- end }}

{{/* The namespace of a resource of the values, from a list of the root and the resource. */}}
{{- define "glidein.namespaceOf" -}}
{{- $root := index . 0 }}
{{- (index . 1).namespace | default (include "glidein.defaultNamespace" $root) }}
{{- end }}

{{/* The Secret into which cert-manager writes the certificate of a pool of the values. */}}
{{- define "glidein.certificateSecret" -}}
{{- printf "%s-pool-certificate" .name }}
{{- end }}

{{/* Whether cert-manager makes the certificate of a pool of the values: of one that runs here, and names no Secret itself. */}}
{{- define "glidein.isCertified" -}}
{{- $embedded := .spec.embedded | default dict }}
{{- if and (eq .spec.type "Embedded") (not ($embedded.tls | default dict).secretName) }}yes{{ end }}
{{- end }}

{{/* The namespaces of a part of networkPolicy, from a list of the root and the part's name, as a YAML list. */}}
{{- define "glidein.policyNamespaces" -}}
{{- $root := index . 0 }}
{{- $part := index . 1 }}
{{- $own := (index $root.Values.networkPolicy $part).namespaces | default $root.Values.watchNamespaces }}
{{- if not $own }}
{{- fail (printf "networkPolicy.%s.namespaces: write the namespaces for which the policy is, because watchNamespaces is empty" $part) }}
{{- end }}
{{- toYaml $own }}
{{- end }}

{{/* The PriorityClass of the operator's pod, or nothing. */}}
{{- define "glidein.priorityClassName" -}}
{{- $made := ternary .Values.priorityClasses.operator.name "" .Values.priorityClasses.operator.create }}
{{- .Values.priorityClassName | default $made }}
{{- end }}

{{/* The pool that helm test uses, and its namespace, as YAML: `name` is empty if there is none. */}}
{{- define "glidein.tested" -}}
{{- $first := first (.Values.pools | default list) | default dict }}
name: {{ .Values.tests.pool | default $first.name | default "" | quote }}
namespace: {{ .Values.tests.namespace | default (include "glidein.namespaceOf" (list . $first)) | quote }}
{{- end }}
