{{- /* The settings that a process reads: (dict "root" $ "process" "api"). */ -}}
{{- define "lookalike.settings" -}}
{{- $read := index (.root.Files.Get "files/settings.yaml" | fromYaml) .process -}}
{{- range $name, $value := .root.Values.settings }}
{{- if or (has $name $read) (and (hasPrefix "OTEL_" $name) (ne $.process "importer")) }}
- name: {{ $name }}
  value: {{ $value | quote }}
{{- end }}
{{- end }}
{{- end -}}

{{- /* Kubernetes puts a variable's value where a later one says $(NAME). */ -}}
{{- define "lookalike.redisEnvironment" -}}
{{- if .Values.valkey.enabled }}
- name: VALKEY_PASSWORD
  valueFrom:
    secretKeyRef: {{ toJson .Values.valkey.existingSecret }}
- name: REDIS_URL
  value: redis://:$(VALKEY_PASSWORD)@{{ include "lookalike.fullname" . }}-valkey:6379/0
{{- else }}
- name: REDIS_URL_FILE
  value: /run/secrets/lookalike/redis-url
{{- end }}
{{- end -}}

{{- /* Where an offline job and the workers of extractions meet. */ -}}
{{- define "lookalike.extractionEnvironment" -}}
{{- if gt (int .Values.extractWorkers.replicas) 0 }}
- name: LOOKALIKE_EXTRACT_SHARED
  value: {{ .Values.extractWorkers.shared | quote }}
{{- end }}
{{- end -}}

{{- define "lookalike.databaseEnvironment" -}}
{{- if .Values.postgresql.enabled }}
- name: POSTGRESQL_PASSWORD
  valueFrom:
    secretKeyRef: {{ toJson .Values.postgresql.existingSecret }}
- name: LOOKALIKE_DATABASE_URL
  value: postgresql://lookalike:$(POSTGRESQL_PASSWORD)@{{ include "lookalike.fullname" . }}-postgresql:5432/lookalike
{{- else if .Values.database.existingSecret.name }}
- name: LOOKALIKE_DATABASE_URL_FILE
  value: /run/secrets/lookalike/database-url
{{- end }}
{{- if and (include "lookalike.hasDatabase" .) (not (get .Values.settings "LOOKALIKE_PICTURE_STORE")) }}
- name: LOOKALIKE_PICTURE_STORE
  value: /live/pictures
{{- end }}
{{- end -}}

{{- define "lookalike.searchEngineEnvironment" -}}
{{- if .Values.searchEngine.existingSecret.name }}
- name: LOOKALIKE_SEARCH_URL_FILE
  value: /run/secrets/lookalike/search-url
{{- end }}
{{- end -}}

{{- define "lookalike.pictureStoreEnvironment" -}}
{{- if .Values.pictureStoreSecret }}
envFrom:
  - secretRef: {name: {{ .Values.pictureStoreSecret }}}
{{- end }}
{{- end -}}

{{- /* The Secrets whose values a process reads from files: (dict "root" $ "secrets" (list "apiKeys" "redis")). */ -}}
{{- define "lookalike.secretVolume" -}}
{{- $paths := dict "apiKeys" "api-keys" "redis" "redis-url" "database" "database-url" "searchEngine" "search-url" -}}
{{- $sources := list -}}
{{- range .secrets -}}
{{- $secret := (index $.root.Values .).existingSecret -}}
{{- if $secret.name -}}
{{- $item := dict "key" $secret.key "path" (get $paths .) -}}
{{- $sources = append $sources (dict "secret" (dict "name" $secret.name "items" (list $item))) -}}
{{- end -}}
{{- end -}}
{{- if $sources }}
- name: secrets
  projected:
    defaultMode: 288
    sources: {{ toJson $sources }}
{{- end }}
{{- end -}}
