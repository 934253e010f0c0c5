{{- /* Rules of network policies. */ -}}
{{- define "lookalike.toDns" -}}
- ports:
    - {protocol: UDP, port: 53}
    - {protocol: TCP, port: 53}
{{- end -}}

{{- define "lookalike.toRedis" -}}
{{- if .Values.valkey.enabled }}
- to:
    - podSelector:
        matchLabels:
          {{- include "lookalike.selector" (dict "root" . "component" "valkey") | nindent 10 }}
  ports:
    - {protocol: TCP, port: 6379}
{{- else }}
- ports:
    - {protocol: TCP, port: {{ .Values.redis.port }}}
  {{- with .Values.networkPolicy.redisTo }}
  to: {{ toJson . }}
  {{- end }}
{{- end }}
{{- end -}}

{{- define "lookalike.toDatabase" -}}
{{- if .Values.postgresql.enabled }}
- to:
    - podSelector:
        matchLabels:
          {{- include "lookalike.selector" (dict "root" . "component" "postgresql") | nindent 10 }}
  ports:
    - {protocol: TCP, port: 5432}
{{- else if .Values.database.existingSecret.name }}
- ports:
    - {protocol: TCP, port: {{ .Values.database.port }}}
  {{- with .Values.networkPolicy.databaseTo }}
  to: {{ toJson . }}
  {{- end }}
{{- end }}
{{- end -}}

{{- /* Public addresses, from which pictures and feeds are fetched, and where object stores are. */ -}}
{{- define "lookalike.toInternet" -}}
- to:
    - ipBlock:
        cidr: 0.0.0.0/0
        except: [10.0.0.0/8, 100.64.0.0/10, 127.0.0.0/8, 169.254.0.0/16, 172.16.0.0/12, 192.168.0.0/16]
    - ipBlock:
        cidr: ::/0
        except: ["::1/128", "fc00::/7", "fe80::/10"]
  ports:
    - {protocol: TCP, port: 443}
    {{- if eq (lower (toString (get .Values.settings "LOOKALIKE_IMAGE_URL_HTTP"))) "true" }}
    - {protocol: TCP, port: 80}
    {{- end }}
{{- end -}}

{{- define "lookalike.toPictures" -}}
{{- if or .Values.catalogueUrl (get .Values.settings "LOOKALIKE_IMAGE_URL_HOSTS") (hasPrefix "s3://" (toString (get .Values.settings "LOOKALIKE_PICTURE_STORE"))) }}
{{- include "lookalike.toInternet" . }}
{{- end }}
{{- end -}}

{{- define "lookalike.extraEgress" -}}
{{- with .Values.networkPolicy.extraEgress }}
{{- toYaml . }}
{{- end }}
{{- end -}}
