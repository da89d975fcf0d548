//! What speaks to workerd: the entry, the session's object, and the ports that they lend to the pure parts.

mod assets;
mod body;
mod budget_object;
mod clock;
mod entry;
mod log;
mod matcher;
mod provider;
mod random;
mod session_object;
mod setup;
