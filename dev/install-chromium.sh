#!/usr/bin/env bash
# Install Chromium for the tests of the Gate page, unless one is there, or print how to install one.
set -u
for name in chromium-headless-shell chromium chromium-browser google-chrome; do
  command -v "$name" >/dev/null && exit 0
done
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  echo "Installing Chromium (once)"
  apt-get update --quiet=2
  for package in chromium-headless-shell chromium; do # Debian has both; the first uses less CPU
    DEBIAN_FRONTEND=noninteractive apt-get install --quiet=2 --yes --no-install-recommends "$package" >/dev/null && exit 0
  done
fi
cat >&2 <<'END'
Chromium was not found; the tests of the Gate page need it. Install it, then run the command again:
  Debian           apt-get install chromium-headless-shell
  Ubuntu           apt-get install chromium
  macOS            brew install --cask google-chrome, and a link named google-chrome to it on PATH
END
exit 1
