//! Liveness verdict, comparison, templates, evidence and the attempt register.
