{{- /* Combinations of values that would start, and then not work or not be safe. */ -}}
{{- define "lookalike.check" -}}
{{- $open := eq (lower (toString (get .Values.settings "LOOKALIKE_OPEN"))) "true" -}}
{{- if not (or .Values.apiKeys.existingSecret.name $open) -}}
{{- fail "there are no API keys: set apiKeys.existingSecret.name to a Secret that holds them, or settings.LOOKALIKE_OPEN to \"true\"" -}}
{{- end -}}
{{- if and .Values.valkey.enabled .Values.redis.existingSecret.name -}}
{{- fail "there are two Redis: set valkey.enabled to false, or leave redis.existingSecret.name empty" -}}
{{- end -}}
{{- if not (or .Values.valkey.enabled .Values.redis.existingSecret.name) -}}
{{- fail "there is no Redis: set valkey.enabled to true, or redis.existingSecret.name to a Secret with the address of yours" -}}
{{- end -}}
{{- if and .Values.valkey.enabled (not .Values.valkey.existingSecret.name) -}}
{{- fail "Valkey has no password: set valkey.existingSecret.name to a Secret that holds one" -}}
{{- end -}}
{{- if and .Values.postgresql.enabled .Values.database.existingSecret.name -}}
{{- fail "there are two databases: set postgresql.enabled to false, or leave database.existingSecret.name empty" -}}
{{- end -}}
{{- if and .Values.postgresql.enabled (not .Values.postgresql.existingSecret.name) -}}
{{- fail "PostgreSQL has no password: set postgresql.existingSecret.name to a Secret that holds one" -}}
{{- end -}}
{{- if and .Values.importer.enabled (not (include "lookalike.hasDatabase" .)) -}}
{{- fail "the importer has no database: set postgresql.enabled to true, or database.existingSecret.name to a Secret with the address of yours" -}}
{{- end -}}
{{- if and .Values.monitoring.enabled .Values.apiKeys.existingSecret.name (not .Values.monitoring.existingSecret.name) -}}
{{- fail "Prometheus has no API key: set monitoring.existingSecret.name to a Secret that holds one" -}}
{{- end -}}
{{- end -}}
