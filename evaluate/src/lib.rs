//! Measures comparison and observation on pictures and videos.
