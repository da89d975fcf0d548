#!/bin/sh
# Runs `cargo xtask` with its build results outside the clone: npm's scripts call it.
set -eu

if ! command -v cargo >/dev/null 2>&1; then
  echo "✗ Rust is missing: there is no cargo" >&2
  echo "  what to do: install it with rustup, open a new terminal and try again" >&2
  exit 1
fi
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-${TANU_CACHE:-$HOME/.cache/tanu}/target}"
echo "→ Building the project's own commands" >&2
exec cargo xtask "$@"
