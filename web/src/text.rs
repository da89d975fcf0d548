//! The texts of the pages, generated from `texts/{kk,ru,en}.toml` at build: a missing one doesn't compile.

use tanu_protocol::language::Language;

include!(concat!(env!("OUT_DIR"), "/texts.rs"));
