//! JPEG, PNG and WebP bytes to a [`Picture`], with caps checked before any pixel is decoded.

use std::io::Cursor;

use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits};
use tanu_protocol::jpeg;
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
    if format == ImageFormat::Jpeg && !jpeg::is_whole(bytes) {
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
