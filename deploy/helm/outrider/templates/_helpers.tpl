{{- define "outrider.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 48 | trimSuffix "-" -}}
{{- else -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- if contains $name .Release.Name -}}
{{- .Release.Name | trunc 48 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 48 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* Labels that select the pods of one process: (dict "root" . "component" "collector") */}}
{{- define "outrider.selector" -}}
app.kubernetes.io/name: {{ default .root.Chart.Name .root.Values.nameOverride }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end -}}

{{- define "outrider.labels" -}}
{{ include "outrider.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version }}
{{- end -}}

{{- define "outrider.serviceAccount" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "outrider.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{/* What a process uses, as one string to look into. */}}
{{- define "outrider.uses" -}}
{{- get (dict "collector" "kafka kong" "analyzer" "kafka clickhouse database kong" "responder" "kafka database redis kong webhooks" "api" "kafka clickhouse database redis kong") . -}}
{{- end -}}

{{- define "outrider.secretEnv" -}}
- name: {{ .name }}
  valueFrom:
    secretKeyRef:
      name: {{ .secret }}
      key: {{ .key }}
{{- end -}}

{{/* The environment of one process: (dict "root" . "component" "collector") */}}
{{- define "outrider.env" -}}
{{- $v := .root.Values -}}
{{- $uses := include "outrider.uses" .component -}}
{{- $plain := dict "LISTEN_HOST" "0.0.0.0" "HEALTH_PORT" "7501" "OUTRIDER_DATA" "/var/lib/outrider" "LOG_FORMAT" "json" -}}
{{- $_ := set $plain "BUS_URL" (required "bus.url is needed: kafka://host:9092" $v.bus.url) -}}
{{- $_ := set $plain "KAFKA_PARTITIONS" $v.bus.partitions -}}
{{- $_ := set $plain "KAFKA_REPLICATION" $v.bus.replication -}}
{{- $_ := set $plain "KAFKA_COMPRESSION" $v.bus.compression -}}
{{- if $v.bus.topicPrefix }}{{- $_ := set $plain "KAFKA_TOPIC_PREFIX" $v.bus.topicPrefix -}}{{- end -}}
{{- if $v.bus.tls.enabled -}}
{{- $_ := set $plain "KAFKA_TLS" "true" -}}
{{- if $v.bus.tls.existingSecret -}}
{{- $_ := set $plain "KAFKA_TLS_CA" "/etc/outrider/kafka/ca.crt" -}}
{{- if $v.bus.tls.clientCertificate -}}
{{- $_ := set $plain "KAFKA_TLS_CERT" "/etc/outrider/kafka/tls.crt" -}}
{{- $_ := set $plain "KAFKA_TLS_KEY" "/etc/outrider/kafka/tls.key" -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if $v.bus.sasl.mechanism -}}
{{- $_ := set $plain "KAFKA_SASL" $v.bus.sasl.mechanism -}}
{{- $_ := set $plain "KAFKA_USERNAME" (required "bus.sasl.username is needed with bus.sasl.mechanism" $v.bus.sasl.username) -}}
{{- end -}}
{{- if and (has .component (list "collector" "analyzer" "api")) $v.rules.existingConfigMap }}{{- $_ := set $plain "RULES_DIR" "/etc/outrider/rules" -}}{{- end -}}
{{- if contains "clickhouse" $uses -}}
{{- if $v.clickhouse.cluster }}{{- $_ := set $plain "CLICKHOUSE_CLUSTER" $v.clickhouse.cluster -}}{{- end -}}
{{- if $v.clickhouse.caSecret }}{{- $_ := set $plain "CLICKHOUSE_TLS_CA" "/etc/outrider/clickhouse/ca.crt" -}}{{- end -}}
{{- end -}}
{{- if contains "kong" $uses -}}
{{- if $v.kong.adminUrl }}{{- $_ := set $plain "KONG_ADMIN_URL" $v.kong.adminUrl -}}{{- end -}}
{{- if $v.kong.workspace }}{{- $_ := set $plain "KONG_WORKSPACE" $v.kong.workspace -}}{{- end -}}
{{- if $v.kong.gatewaysSecret }}{{- $_ := set $plain "GATEWAYS_FILE" "/etc/outrider/gateways/gateways.json" -}}{{- end -}}
{{- end -}}
{{- if eq .component "collector" -}}
{{- $_ := set $plain "COLLECT_TCP_PORT" "7514" -}}
{{- $_ := set $plain "COLLECT_HTTP_PORT" "7515" -}}
{{- if $v.collector.tls.enabled -}}
{{- $_ := set $plain "COLLECT_TLS_PORT" "7516" -}}
{{- $_ := set $plain "COLLECT_TLS_CERT" "/etc/outrider/tls/tls.crt" -}}
{{- $_ := set $plain "COLLECT_TLS_KEY" "/etc/outrider/tls/tls.key" -}}
{{- if $v.collector.tls.clientCaSecret }}{{- $_ := set $plain "COLLECT_TLS_CLIENT_CA" "/etc/outrider/client-ca/ca.crt" -}}{{- end -}}
{{- end -}}
{{- end -}}
{{- if eq .component "api" }}{{- $_ := set $plain "API_PORT" "7500" -}}{{- end -}}
{{- if $v.trust.caSecret }}{{- $_ := set $plain "NODE_EXTRA_CA_CERTS" "/etc/outrider/trust/ca.crt" -}}{{- end -}}
{{- $plain = mergeOverwrite $plain (deepCopy $v.settings) (deepCopy (get $v .component).settings) -}}
{{- range $name, $value := $plain }}
- name: {{ $name }}
  value: {{ $value | toString | quote }}
{{- end }}
{{- $keys := required "secrets.existingSecret is needed: FINGERPRINT_KEY, SECRETS_KEY, INGEST_TOKEN, API_ADMIN_TOKEN" $v.secrets.existingSecret }}
{{- range get (dict "collector" (list "FINGERPRINT_KEY" "INGEST_TOKEN") "analyzer" list "responder" (list "SECRETS_KEY") "api" (list "SECRETS_KEY" "API_ADMIN_TOKEN")) .component }}
{{ include "outrider.secretEnv" (dict "name" . "secret" $keys "key" .) }}
{{- end }}
{{- if contains "clickhouse" $uses }}
{{ include "outrider.secretEnv" (dict "name" "CLICKHOUSE_URL" "secret" (required "clickhouse.existingSecret is needed" $v.clickhouse.existingSecret) "key" $v.clickhouse.key) }}
{{- end }}
{{- if contains "database" $uses }}
{{ include "outrider.secretEnv" (dict "name" "DATABASE_URL" "secret" (required "database.existingSecret is needed" $v.database.existingSecret) "key" $v.database.key) }}
{{- end }}
{{- if and (contains "redis" $uses) $v.redis.existingSecret }}
{{ include "outrider.secretEnv" (dict "name" "REDIS_URL" "secret" $v.redis.existingSecret "key" $v.redis.key) }}
{{- end }}
{{- if $v.bus.sasl.mechanism }}
{{ include "outrider.secretEnv" (dict "name" "KAFKA_PASSWORD" "secret" (required "bus.sasl.existingSecret is needed with bus.sasl.mechanism" $v.bus.sasl.existingSecret) "key" $v.bus.sasl.passwordKey) }}
{{- end }}
{{- if and (contains "kong" $uses) $v.kong.existingSecret }}
{{ include "outrider.secretEnv" (dict "name" "KONG_ADMIN_TOKEN" "secret" $v.kong.existingSecret "key" "token") }}
{{- end }}
{{- end -}}

{{/* Secrets that are mounted as files: name, where, secret; one a line. */}}
{{- define "outrider.files" -}}
{{- $v := .root.Values -}}
{{- $uses := include "outrider.uses" .component -}}
{{- $files := dict -}}
{{- if and $v.bus.tls.enabled $v.bus.tls.existingSecret }}{{- $_ := set $files "kafka" $v.bus.tls.existingSecret -}}{{- end -}}
{{- if and (contains "clickhouse" $uses) $v.clickhouse.caSecret }}{{- $_ := set $files "clickhouse" $v.clickhouse.caSecret -}}{{- end -}}
{{- if and (contains "kong" $uses) $v.kong.gatewaysSecret }}{{- $_ := set $files "gateways" $v.kong.gatewaysSecret -}}{{- end -}}
{{- if $v.trust.caSecret }}{{- $_ := set $files "trust" $v.trust.caSecret -}}{{- end -}}
{{- if and (eq .component "collector") $v.collector.tls.enabled -}}
{{- $_ := set $files "tls" (required "collector.tls.existingSecret is needed with collector.tls.enabled" $v.collector.tls.existingSecret) -}}
{{- if $v.collector.tls.clientCaSecret }}{{- $_ := set $files "client-ca" $v.collector.tls.clientCaSecret -}}{{- end -}}
{{- end -}}
{{- toYaml $files -}}
{{- end -}}
