{{- define "lookalike.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 40 | trimSuffix "-" -}}
{{- end -}}

{{- define "lookalike.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 40 | trimSuffix "-" -}}
{{- else if contains (include "lookalike.name" .) .Release.Name -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name (include "lookalike.name" .) | trunc 40 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- /* What never changes during the life of a release: (dict "root" $ "component" "api"). */ -}}
{{- define "lookalike.selector" -}}
app.kubernetes.io/name: {{ include "lookalike.name" .root }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end -}}

{{- define "lookalike.metadata" -}}
name: {{ include "lookalike.fullname" .root }}-{{ .component }}
namespace: {{ .root.Release.Namespace }}
labels:
  {{- include "lookalike.selector" . | nindent 2 }}
  app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
{{- end -}}

{{- define "lookalike.ourImage" -}}
{{- $tag := default .root.Chart.AppVersion .root.Values.images.tag -}}
{{- $registry := ternary "" (printf "%s/" (trimSuffix "/" .root.Values.images.registry)) (empty .root.Values.images.registry) -}}
{{- printf "%s%s:%s%s" $registry .name $tag (ternary "-cpu" "" (eq .device "cpu")) -}}
{{- end -}}

{{- define "lookalike.claim" -}}
{{- $given := (index .root.Values.storage .volume).existingClaim -}}
{{- default (printf "%s-%s" (include "lookalike.fullname" .root) .volume) $given -}}
{{- end -}}

{{- /* "true" with a live catalogue's database, else nothing. */ -}}
{{- define "lookalike.hasDatabase" -}}
{{- if or .Values.postgresql.enabled .Values.database.existingSecret.name -}}true{{- end -}}
{{- end -}}

{{- /* The deployments of workers, separated by spaces: one more while the next index's network runs beside the current one. */ -}}
{{- define "lookalike.workers" -}}
{{- if .Values.worker.enabled -}}worker{{- if .Values.worker.nextVersion }} worker-next{{- end -}}{{- end -}}
{{- end -}}
