//! The pages that a citizen meets, in leptos.
