#!/usr/bin/env bash
# Run the tests in a copy of the repo, which is mounted read-only at /repo; arguments are passed to pytest.
set -euo pipefail
cd /app
for lock in requirements/dev.lock requirements/awscli.lock requirements/airflow-*.lock; do
  cmp --silent "$lock" "/repo/$lock" || { echo "$lock has changed, run: docker compose build test" >&2; exit 1; }
done
# Without the files that commands write; some are readable only by their owner.
tar --create --directory /repo --exclude-from - . <<'END' | tar --extract --touch
./.git
./.venv
./.local
./.hypothesis
./.*_cache
./.env
./deliveries/*
./dist
__pycache__
END
touch .venv/.ready .venv/*/.ready # created from these locks
exec .venv/bin/python -m pytest "$@"
