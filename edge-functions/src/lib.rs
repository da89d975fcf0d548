//! Routes, Durable Objects and identity provider on workerd.
