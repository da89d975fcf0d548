#!/bin/sh
# Builds the project's own commands, as the alias `cargo xtask` does, into the clone's own `target`, and runs one: npm's scripts
# call it.
set -eu

cd "$(dirname "$0")/../.."
if ! command -v cargo >/dev/null 2>&1; then
  echo "✗ Rust is missing: there is no cargo" >&2
  echo "  what to do: install it with rustup, open a new terminal and try again" >&2
  exit 1
fi
echo "→ Building the project's own commands" >&2
# Not where CARGO_TARGET_DIR says: clones may share that for the rest.
exec cargo run --quiet --target-dir target --package xtask -- "$@"
