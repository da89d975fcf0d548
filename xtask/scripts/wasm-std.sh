#!/bin/sh
# Builds the standard library of wasm32-unknown-unknown for Debian's Rust compiler (package rustc-web, /usr/bin/rustc) from
# Debian's own sources (rust-web-src), for machines on which rustup cannot fetch it. Needs root, since it is installed into
# the compiler's directory. Called by set-up; harmless to repeat.
set -eu

rustc=/usr/bin/rustc
target=wasm32-unknown-unknown
sysroot=$($rustc --print sysroot)/lib/rustlib
host=$($rustc --version --verbose | sed -n 's/^host: //p')
installed=$sysroot/$target/lib
part=$installed.part

build=$(mktemp -d)
trap 'rm -rf "$build"' EXIT
mkdir "$build/src"
: >"$build/src/lib.rs"
printf '[package]\nname = "empty"\nversion = "0.0.0"\nedition = "2024"\n[profile.release]\npanic = "abort"\n' >"$build/Cargo.toml"

# RUSTC_BOOTSTRAP: -Z build-std is not a stable option. Bitcode is embedded so that crates with link-time optimisation
# can link against the library.
cd "$build"
RUSTC_BOOTSTRAP=1 RUSTC=$rustc RUSTFLAGS='-Cembed-bitcode=yes -Cdebuginfo=0' PATH=/usr/bin:$PATH CARGO_TARGET_DIR=$build/out \
  /usr/bin/cargo build --quiet --release --target $target -Z build-std=std,panic_abort,test

rm -rf "$part"
mkdir -p "$part" "$sysroot/$host/bin"
for library in "$build/out/$target"/release/deps/*.rlib; do
  case $library in
    */libempty-*) ;;
    *) cp "$library" "$part/" ;;
  esac
done
# rustc looks for the linker of this target under its own name.
ln -sf "$(command -v wasm-ld-19)" "$sysroot/$host/bin/rust-lld"
$rustc --version >"$part/.version"
# Under its own name the library is whole, even if this is interrupted.
rm -rf "$installed"
mv "$part" "$installed"
