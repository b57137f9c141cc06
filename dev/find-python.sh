#!/usr/bin/env bash
# Print the path of a Python 3.12 (the version of the MWAA image), or how to install one.
set -u
is_suitable() { "$1" -c 'import sys, venv; sys.exit(sys.version_info[:2] != (3, 12))' >/dev/null 2>&1; }
for candidate in "${PYTHON:-}" python3.12 python3 python; do
  if [ -n "$candidate" ] && is_suitable "$candidate"; then
    command -v "$candidate"
    exit 0
  fi
done
cat >&2 <<'EOF'
Python 3.12 (with venv) was not found. Install it in one of these ways, then run the command again:
  Debian, Ubuntu   apt-get install python3.12 python3.12-venv
  macOS            brew install python@3.12
  pyenv            pyenv install 3.12
Or give its path: make ... PYTHON=/path/to/python3.12
EOF
exit 1
