//! JPEG files as far as their segments: whether one was cut short.

/// Whether a JPEG's last scan ends: the decoder fills what is missing of a file cut short with grey instead of refusing it.
///
/// Goes from segment to segment (ISO/IEC 10918-1, B.1.1 and B.2): what a header holds, as a preview with markers of its own, is
/// passed over, and so is what comes after the picture's end, as the film that a phone appends.
#[must_use]
pub fn is_whole(bytes: &[u8]) -> bool {
    const END_OF_IMAGE: u8 = 0xD9;
    const START_OF_SCAN: u8 = 0xDA;
    /// Markers without a segment: temporary (TEM), and start of image.
    const BARE: [u8; 2] = [0x01, 0xD8];

    let mut scanned = false;
    let mut rest = bytes;
    while let Some((marker, after)) = next_marker(rest) {
        rest = match marker {
            END_OF_IMAGE => return scanned,
            bare if BARE.contains(&bare) => after,
            _ => {
                scanned |= marker == START_OF_SCAN;
                // The length counts its own two bytes.
                let length = after.first_chunk().map_or(0, |length| u16::from_be_bytes(*length));
                match after.get(usize::from(length.max(2))..) {
                    Some(next) => next,
                    None => return false,
                }
            }
        };
    }
    false
}

/// The next marker's code and what follows it. Passed over is what a scan has before it: compressed data, in which 0 follows each
/// 0xFF, and restart markers; and bytes that fill up to a marker.
fn next_marker(bytes: &[u8]) -> Option<(u8, &[u8])> {
    let is_marker = |code: u8| !matches!(code, 0x00 | 0xD0..=0xD7 | 0xFF);
    let at = bytes
        .windows(2)
        .position(|pair| matches!(pair, [0xFF, code] if is_marker(*code)))?;
    Some((*bytes.get(at + 1)?, bytes.get(at + 2..)?))
}
