#!/bin/sh
# Secrets may come as files: for each name below, NAME_FILE=/path is read into NAME (which must not be set as well).
# Then the command runs in this process's place, so that it gets the signals.
set -eu

for name in API_ADMIN_TOKEN CLICKHOUSE_URL DATABASE_URL FINGERPRINT_KEY INGEST_TOKEN KAFKA_PASSWORD KONG_ADMIN_TOKEN REDIS_URL SECRETS_KEY; do
  eval "file=\${${name}_FILE:-}"
  eval "value=\${${name}:-}"
  [ -n "$file" ] || continue
  if [ -n "$value" ]; then
    echo "entrypoint: ${name} and ${name}_FILE are both set: leave one" >&2
    exit 2
  fi
  if [ ! -r "$file" ]; then
    echo "entrypoint: ${name}_FILE names a file that cannot be read" >&2
    exit 2
  fi
  # A command substitution drops the newline at the end, and `export` takes the value as it is.
  value=$(cat "$file")
  export "${name}=${value}"
  unset "${name}_FILE"
done

exec "$@"
