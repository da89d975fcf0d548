//! JPEG, PNG and WebP bytes to a [`Picture`], with caps checked before any pixel is decoded.

use std::io::Cursor;

use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits};
use thiserror::Error;

use crate::picture::Picture;

/// Most bytes that an encoded picture may have: a phone's full-size photo fits.
pub const MAX_BYTES: usize = 16 * 1024 * 1024;

/// Most pixels that a picture may have, width × height: 24 megapixels, as phones take them.
pub const MAX_PIXELS: u64 = 24_000_000;

/// Most pixels along one side.
pub const MAX_SIDE: u32 = 12_000;

/// Most pixels along a side of a captured frame; the browser captures with this longer side (decision 0004).
pub const MAX_FRAME_SIDE: u32 = 640;

/// Why bytes did not become a picture.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// No bytes at all.
    #[error("the picture is empty")]
    Empty,
    /// More bytes than [`MAX_BYTES`].
    #[error("the picture has {0} bytes, more than {MAX_BYTES}")]
    TooManyBytes(usize),
    /// Neither JPEG, PNG nor WebP, judged by the first bytes.
    #[error("the picture is neither JPEG, PNG nor WebP")]
    UnknownFormat,
    /// More pixels than [`MAX_PIXELS`], or a side longer than [`MAX_SIDE`].
    #[error("the picture is {width}×{height}, more than {MAX_PIXELS} pixels or {MAX_SIDE} along a side")]
    TooManyPixels {
        /// Width that the header states.
        width: u32,
        /// Height that the header states.
        height: u32,
    },
    /// A frame that is no JPEG, judged by the first bytes.
    #[error("the frame is no JPEG")]
    FrameFormat,
    /// A frame with a side longer than [`MAX_FRAME_SIDE`].
    #[error("the frame is {width}×{height}, more than {MAX_FRAME_SIDE} along a side")]
    FrameSize {
        /// Width that the header states.
        width: u32,
        /// Height that the header states.
        height: u32,
    },
    /// Damaged or truncated data.
    #[error("the picture is damaged")]
    Damaged,
}

/// Decodes a JPEG, PNG or WebP, turned upright by its EXIF orientation. An animation gives its first frame; transparency is
/// dropped.
///
/// # Errors
/// [`DecodeError`]; the caps are checked on the bytes and on the header, before pixels are decoded or memory for them is taken.
pub fn decode(bytes: &[u8]) -> Result<Picture, DecodeError> {
    decode_as(bytes, Origin::Photo)
}

/// Decodes a captured frame, as [`decode`] does, but nothing that a browser would not have captured: only a JPEG, of at most
/// [`MAX_FRAME_SIDE`] along a side. A step has many frames, and some thousand bytes can state as many pixels as a photo may have.
///
/// # Errors
/// [`DecodeError`], as of [`decode`].
pub fn decode_frame(bytes: &[u8]) -> Result<Picture, DecodeError> {
    decode_as(bytes, Origin::Frame)
}

/// Where a picture comes from, and so what is to be expected of it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Origin {
    Photo,
    Frame,
}

fn decode_as(bytes: &[u8], origin: Origin) -> Result<Picture, DecodeError> {
    if bytes.is_empty() {
        return Err(DecodeError::Empty);
    }
    if bytes.len() > MAX_BYTES {
        return Err(DecodeError::TooManyBytes(bytes.len()));
    }
    let format = match (image::guess_format(bytes), origin) {
        (Ok(ImageFormat::Jpeg), _) => ImageFormat::Jpeg,
        (_, Origin::Frame) => return Err(DecodeError::FrameFormat),
        (Ok(format @ (ImageFormat::Png | ImageFormat::WebP)), Origin::Photo) => format,
        (_, Origin::Photo) => return Err(DecodeError::UnknownFormat),
    };
    if format == ImageFormat::Jpeg && !is_whole_jpeg(bytes) {
        return Err(DecodeError::Damaged);
    }
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    reader.limits(limits());
    let mut decoder = reader.into_decoder().map_err(|error| refusal(&error))?;
    let (width, height) = decoder.dimensions();
    if origin == Origin::Frame && width.max(height) > MAX_FRAME_SIDE {
        return Err(DecodeError::FrameSize { width, height });
    }
    if width > MAX_SIDE || height > MAX_SIDE || u64::from(width) * u64::from(height) > MAX_PIXELS {
        return Err(DecodeError::TooManyPixels { width, height });
    }
    // A picture whose EXIF block can't be read is shown as it lies, as browsers do.
    let orientation = decoder
        .orientation()
        .unwrap_or(image::metadata::Orientation::NoTransforms);
    let mut image = DynamicImage::from_decoder(decoder).map_err(|error| refusal(&error))?;
    image.apply_orientation(orientation);
    let rgb = image.into_rgb8();
    let (width, height) = rgb.dimensions();
    Picture::from_rgb(width, height, rgb.into_raw()).map_err(|_| DecodeError::Damaged)
}

/// Whether a JPEG's last scan ends: the decoder fills what is missing of a file cut short with grey instead of refusing it.
///
/// Goes from segment to segment (ISO/IEC 10918-1, B.1.1 and B.2): what a header holds, as a preview with markers of its own, is
/// passed over, and so is what comes after the picture's end, as the film that a phone appends.
fn is_whole_jpeg(bytes: &[u8]) -> bool {
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

fn limits() -> Limits {
    let mut limits = Limits::default();
    // Sides are checked by us, so that the error can name them. Memory: 16-bit RGBA pixels and the decoder's own.
    limits.max_alloc = Some(MAX_PIXELS * 8 + 64 * 1024 * 1024);
    limits
}

fn refusal(_: &image::ImageError) -> DecodeError {
    // The library's texts may quote parts of the data; ours never do.
    DecodeError::Damaged
}
