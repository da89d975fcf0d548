//! Figures, each a line of JSON on standard output after the word FIGURE.

use std::io::{self, Write as _};

use serde_json::json;

/// Says a figure, rounded to thousandths.
pub(crate) fn figure(name: &str, value: f64, unit: &str) -> io::Result<()> {
    let value = (value * 1000.0).round() / 1000.0;
    writeln!(
        io::stdout().lock(),
        "FIGURE {}",
        json!({ "name": name, "value": value, "unit": unit })
    )
}

/// Says what is no figure.
pub(crate) fn note(text: &str) -> io::Result<()> {
    writeln!(io::stdout().lock(), "{text}")
}

/// Says what ours and, where there is a peer, the peer's milliseconds are, and their ratio.
pub(crate) fn beside(name: &str, ours: f64, peer: Option<f64>) -> io::Result<()> {
    figure(&format!("{name}, ours"), ours, "ms")?;
    if let Some(peer) = peer {
        figure(&format!("{name}, onnxruntime"), peer, "ms")?;
        figure(&format!("{name}, ratio"), ours / peer, "")?;
    }
    Ok(())
}

/// Says the median and the 99th percentile of milliseconds.
pub(crate) fn spread(name: &str, values: &[f64]) -> io::Result<()> {
    figure(&format!("{name}, p50"), percentile(values, 0.5), "ms")?;
    figure(&format!("{name}, p99"), percentile(values, 0.99), "ms")
}

/// The value that a share of all values is not above (nearest rank); 0 where there is none.
pub(crate) fn percentile(values: &[f64], share: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let rank = (share * sorted.len() as f64).ceil() as usize;
    sorted.get(rank.saturating_sub(1)).copied().unwrap_or(0.0)
}
