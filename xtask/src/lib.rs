//! The project's own commands: set-up, build, start, check, test, trace, bench.
