{{- define "glidein.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 40 | trimSuffix "-" }}
{{- end }}

{{/* The name of all objects of the operator: glidein-operator for a release called glidein. */}}
{{- define "glidein.fullname" -}}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 52 | trimSuffix "-" }}
{{- else }}
{{- $name := include "glidein.name" . }}
{{- $base := ternary .Release.Name (printf "%s-%s" .Release.Name $name) (contains $name .Release.Name) }}
{{- printf "%s-operator" ($base | trunc 43 | trimSuffix "-") }}
{{- end }}
{{- end }}

{{/* The name of objects without a namespace, which must differ between releases. */}}
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
app.kubernetes.io/name: {{ include "glidein.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: operator
{{- end }}

{{- define "glidein.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{ include "glidein.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}

{{- define "glidein.poolNamespace" -}}
{{- default .Release.Namespace .Values.watchNamespace }}
{{- end }}
