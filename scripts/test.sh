#!/usr/bin/env bash
# Provisions what the tests need beyond Rust, Python 3 and Node, under target/extras (a browser comes from the system),
# and runs them all.
# Usage: scripts/test.sh [ARGUMENTS FOR cargo test]
set -euo pipefail
cd "$(dirname "$0")/.."

extras=$PWD/target/extras
mkdir -p "$extras"

# A stamp holds the pins that were installed, so that a second run is quick and a changed pin installs anew.
fresh() { [ -f "$1/.pins" ] && cmp -s "$2" "$1/.pins"; }

# python_packages FOLDER REQUIREMENTS: a virtual environment with these packages.
python_packages() {
  fresh "$1" "$2" && return
  echo "installing $2 into ${1#"$PWD/"}"
  if [ ! -x "$extras/uv/bin/uv" ]; then
    python3 -m venv "$extras/uv"
    "$extras/uv/bin/pip" install --quiet --disable-pip-version-check uv==0.13.9
  fi
  rm -rf "$1"
  "$extras/uv/bin/uv" venv --quiet --python python3 "$1"
  "$extras/uv/bin/uv" pip install --quiet --compile-bytecode --python "$1/bin/python" -r "$2"
  cp "$2" "$1/.pins"
}

# node_packages FOLDER PACKAGE.JSON: a folder with these packages below node_modules.
node_packages() {
  fresh "$1" "$2" && return
  echo "installing $2 into ${1#"$PWD/"}"
  rm -rf "$1"
  mkdir -p "$1"
  cp "$2" "$1/package.json"
  (cd "$1" && npm install --silent --no-audit --no-fund --ignore-scripts)
  cp "$2" "$1/.pins"
}

# Packages whose symbols the rules name.
python_packages "$extras/python" tests/packages/requirements.txt
node_packages "$extras/node" tests/packages/package.json

# SDKs that the wire tests run; their majors exclude each other, so each has an environment of its own.
for pins in tests/wire/python/*.txt; do
  python_packages "$extras/wire/python/$(basename "$pins" .txt)" "$pins"
done
for pins in tests/wire/node/*/package.json; do
  node_packages "$extras/wire/node/$(basename "$(dirname "$pins")")" "$pins"
done
# A certificate for the server of the wire tests, as some clients refuse an address without TLS.
if [ ! -f "$extras/wire/loopback.pem" ]; then
  openssl req -x509 -newkey rsa:2048 -nodes -days 3650 -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1 \
    -keyout "$extras/wire/key.pem" -out "$extras/wire/certificate.pem" 2>/dev/null
  cat "$extras/wire/key.pem" "$extras/wire/certificate.pem" >"$extras/wire/loopback.pem"
fi

# What runs the hooks, what looks at the action and the scripts, and what builds packages.
python_packages "$extras/hooks" tests/hooks/requirements.txt
python_packages "$extras/action" tests/action/requirements.txt
python_packages "$extras/packaging/tools" packaging/requirements.txt

# The validator of SARIF files, and the schema that it brings.
node_packages "$extras/sarif" tests/sarif/package.json
chmod u+x "$extras/sarif/node_modules/@microsoft/sarif-multitool-linux/Sarif.Multitool"

# The driver of the report's tests in a browser, and the browser: tests/browser.rs runs the one at CHROMIUM.
node_packages "$extras/browser" tests/browser/package.json
export CHROMIUM=${CHROMIUM:-/usr/bin/chromium}
if [ ! -x "$CHROMIUM" ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  echo "installing the package chromium"
  apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium fonts-liberation >/dev/null ||
    echo "the package chromium could not be installed" >&2
fi
if [ ! -x "$CHROMIUM" ]; then
  echo "there is no $CHROMIUM: install the package chromium, or set CHROMIUM to the program of a Chromium" >&2
fi

UNMOOR_EXTRAS=$extras cargo test --locked "$@"
