#!/usr/bin/env bash
# Generate the random secrets that the containers of one stack share, once; they are stored only in the volume `keys`.
# `docker compose down --volumes` deletes them together with the database.
set -euo pipefail
cd "$1"
[ ! -e fernet ] || exit 0

hex() { od --address-radix=none --format=x1 --read-bytes=32 /dev/urandom | tr --delete ' \n'; }

postgres=$(hex)
redis=$(hex)
echo -n "$postgres" > postgres
echo -n "$redis" > redis
printf 'requirepass %s\nsave ""\nappendonly no\n' "$redis" > redis.conf
echo -n "postgresql+psycopg2://airflow:$postgres@postgres/airflow" > database-url
echo -n "db+postgresql+psycopg2://airflow:$postgres@postgres/airflow" > result-backend
echo -n "redis://:$redis@redis:6379/0" > broker-url
hex > jwt
head --bytes=32 /dev/urandom | base64 | tr '+/' '-_' > fernet # last: its existence shows that all are complete
