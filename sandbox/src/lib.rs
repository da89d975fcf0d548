//! The test environment: state database, test certification authority, demo bank.
