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
    if bytes.is_empty() {
        return Err(DecodeError::Empty);
    }
    if bytes.len() > MAX_BYTES {
        return Err(DecodeError::TooManyBytes(bytes.len()));
    }
    let format = match image::guess_format(bytes) {
        Ok(format @ (ImageFormat::Jpeg | ImageFormat::Png | ImageFormat::WebP)) => format,
        _ => return Err(DecodeError::UnknownFormat),
    };
    if format == ImageFormat::Jpeg && !is_whole_jpeg(bytes) {
        return Err(DecodeError::Damaged);
    }
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    reader.limits(limits());
    let mut decoder = reader.into_decoder().map_err(|error| refusal(&error))?;
    let (width, height) = decoder.dimensions();
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
/// Within a scan no byte 0xFF stands before another than 0 or a restart marker, so both markers are found by their bytes (ISO/IEC 10918-1,
/// B.1.1.2 and B.1.1.5); a preview inside the header has both before the picture's own.
fn is_whole_jpeg(bytes: &[u8]) -> bool {
    const START_OF_SCAN: [u8; 2] = [0xFF, 0xDA];
    const END_OF_IMAGE: [u8; 2] = [0xFF, 0xD9];
    let last = |marker| bytes.windows(2).rposition(|pair| pair == marker);
    last(END_OF_IMAGE) > last(START_OF_SCAN)
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
