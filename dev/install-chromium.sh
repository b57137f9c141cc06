#!/usr/bin/env bash
# Install Debian's Chromium for the tests of the Gate page, unless a Chromium is there; or print how to install one.
set -u
for name in chromium chromium-browser google-chrome; do
  command -v "$name" >/dev/null && exit 0
done
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  echo "Installing Chromium (once)"
  apt-get update --quiet=2 && DEBIAN_FRONTEND=noninteractive apt-get install --quiet=2 --yes --no-install-recommends chromium >/dev/null && exit 0
fi
cat >&2 <<'END'
Chromium was not found; the tests of the Gate page need it. Install it, then run the command again:
  Debian, Ubuntu   apt-get install chromium
  macOS            brew install --cask google-chrome, and a link named google-chrome to it on PATH
END
exit 1
