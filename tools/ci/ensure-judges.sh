#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Installs what tests/node needs, as its lock file says; where tests run as root on a Debian without node, a container or a build machine, node and npm first.
# Never fails: without ajv the tests that ask it are left out, and say so.
set -u
cd "$(dirname "$0")/../../tests/node"
have() { command -v "$1" > /dev/null; }
[ node_modules/.package-lock.json -nt package-lock.json ] && have node && exit 0
[ -z "${PHI4_NO_INSTALL:-}" ] || exit 0
if ! have npm && [ "$(id -u)" = 0 ] && [ -e /etc/debian_version ] && have apt-get; then
  {
    apt-cache show npm || timeout 120 apt-get update -qq
    DEBIAN_FRONTEND=noninteractive timeout 300 apt-get install -y -qq --no-install-recommends nodejs npm
  } > /dev/null 2>&1 < /dev/null
fi
if have npm && timeout 120 npm ci --silent --no-audit --no-fund > /dev/null 2>&1 < /dev/null; then
  touch node_modules/.package-lock.json
  echo "tests/node: installed ajv, the second judge of constrained JSON"
else
  echo "tests/node: no npm, or it could not install: tests that ask ajv are left out"
fi
exit 0
