#!/bin/sh
# Runs `cargo xtask` with its build results outside the clone: npm's scripts call it.
set -eu

if ! command -v cargo >/dev/null 2>&1; then
  echo "✗ Rust is missing: there is no cargo" >&2
  echo "  what to do: install it with rustup, open a new terminal and try again" >&2
  exit 1
fi
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-${TANU_CACHE:-$HOME/.cache/tanu}/target}"
# Cargo knows a workspace's crates by their place in it and goes by time stamps: what another clone built after this one was checked
# out would be taken for this one's. So where the last build was another clone's, this one's files are made new.
built_from="$CARGO_TARGET_DIR/built-from"
if [ "$(cat "$built_from" 2>/dev/null)" != "$PWD" ]; then
  mkdir -p "$CARGO_TARGET_DIR"
  find . \( -name node_modules -o -name .git -o -name target -o -name .tanu -o -name dist \) -prune -o -type f -exec touch {} +
  printf '%s' "$PWD" >"$built_from"
fi
echo "→ Building the project's own commands" >&2
exec cargo xtask "$@"
