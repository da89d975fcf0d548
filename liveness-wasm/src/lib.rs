//! The engine of liveness guidance as a Web Worker.
