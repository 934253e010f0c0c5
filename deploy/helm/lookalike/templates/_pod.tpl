{{- /* What all our pods have: (dict "root" $ "place" .Values.api "user" 10001 "group" 10001). */ -}}
{{- define "lookalike.podSecurity" -}}
automountServiceAccountToken: false
enableServiceLinks: false
{{- with .root.Values.images.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
securityContext:
  runAsNonRoot: true
  runAsUser: {{ .user }}
  runAsGroup: {{ .group }}
  fsGroup: {{ .group }}
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile: {type: RuntimeDefault}
{{- end -}}

{{- define "lookalike.placement" -}}
{{- with .runtimeClassName }}
runtimeClassName: {{ . }}
{{- end }}
{{- with .nodeSelector }}
nodeSelector: {{ toJson . }}
{{- end }}
{{- with .tolerations }}
tolerations: {{ toJson . }}
{{- end }}
{{- with .affinity }}
affinity: {{ toJson . }}
{{- end }}
{{- end -}}

{{- define "lookalike.containerSecurity" -}}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: {drop: [ALL]}
{{- end -}}

{{- /* Resources, and a GPU if the device is one: the values of a process. */ -}}
{{- define "lookalike.resources" -}}
{{- $resources := deepCopy .resources -}}
{{- if eq .device "cuda" -}}
{{- $limits := merge (dict "nvidia.com/gpu" 1) (default dict (get $resources "limits")) -}}
{{- $resources = set $resources "limits" $limits -}}
{{- end -}}
resources: {{ toJson $resources }}
{{- end -}}

{{- /* Shared claims of a pod: (dict "root" $ "volumes" (list "bundles")). */ -}}
{{- define "lookalike.claims" -}}
{{- range .volumes }}
- name: {{ . }}
  persistentVolumeClaim:
    claimName: {{ include "lookalike.claim" (dict "root" $.root "volume" .) }}
{{- end }}
{{- end -}}

{{- /* Temporary files, in memory: (dict "size" "64Mi"). */ -}}
{{- define "lookalike.temporary" -}}
- name: tmp
  emptyDir: {medium: Memory, sizeLimit: {{ .size }}}
{{- end -}}

{{- /* Certificates of an authority of your own, which addresses of Redis and PostgreSQL name. */ -}}
{{- define "lookalike.certificatesMount" -}}
{{- if .Values.certificatesSecret }}
- {name: certificates, mountPath: /run/secrets/certificates, readOnly: true}
{{- end }}
{{- end -}}

{{- define "lookalike.certificatesVolume" -}}
{{- with .Values.certificatesSecret }}
- name: certificates
  secret: {secretName: {{ . }}, defaultMode: 288}
{{- end }}
{{- end -}}
