//! Reference photos: checked to be pictures of a sane size before they are kept. Whether a face is on them is the matcher's
//! to say, which answers `unusable_reference` where there is none.

use std::io::Cursor;

use image::{ImageFormat, ImageReader, Limits};

/// A JPEG, PNG or WebP picture within the limits, in its file's form.
#[derive(Clone, PartialEq, Eq)]
pub struct Photo(Vec<u8>);

/// Why bytes are no photo.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPhoto {
    /// Nothing.
    #[error("no photo")]
    Empty,
    /// More than [`Photo::MOST_BYTES`].
    #[error("a photo has at most {} bytes", Photo::MOST_BYTES)]
    TooLarge,
    /// Neither JPEG nor PNG nor WebP, or broken.
    #[error("not a readable JPEG, PNG or WebP picture")]
    Unreadable,
    /// A side shorter than [`Photo::FEWEST_PIXELS`] or longer than [`Photo::MOST_PIXELS`].
    #[error("a photo has {} to {} pixels each way", Photo::FEWEST_PIXELS, Photo::MOST_PIXELS)]
    Dimensions,
}

impl Photo {
    /// The most bytes of a file.
    pub const MOST_BYTES: usize = 5 * 1024 * 1024;
    /// The fewest pixels of a side.
    pub const FEWEST_PIXELS: u32 = 160;
    /// The most pixels of a side.
    pub const MOST_PIXELS: u32 = 8000;
    const MOST_DECODED_BYTES: u64 = 256 * 1024 * 1024;

    /// Takes a file, after decoding it once.
    ///
    /// # Errors
    /// [`InvalidPhoto`].
    pub fn new(file: Vec<u8>) -> Result<Self, InvalidPhoto> {
        if file.is_empty() {
            return Err(InvalidPhoto::Empty);
        }
        if file.len() > Self::MOST_BYTES {
            return Err(InvalidPhoto::TooLarge);
        }
        let format = image::guess_format(&file).map_err(|_| InvalidPhoto::Unreadable)?;
        if !matches!(format, ImageFormat::Jpeg | ImageFormat::Png | ImageFormat::WebP) {
            return Err(InvalidPhoto::Unreadable);
        }
        let reader = || {
            let mut limits = Limits::default();
            limits.max_alloc = Some(Self::MOST_DECODED_BYTES);
            let mut reader = ImageReader::with_format(Cursor::new(&file), format);
            reader.limits(limits);
            reader
        };
        let (width, height) = reader().into_dimensions().map_err(|_| InvalidPhoto::Unreadable)?;
        let sane = Self::FEWEST_PIXELS..=Self::MOST_PIXELS;
        if !sane.contains(&width) || !sane.contains(&height) {
            return Err(InvalidPhoto::Dimensions);
        }
        reader().decode().map_err(|_| InvalidPhoto::Unreadable)?;
        Ok(Self(file))
    }

    /// A photo that this program stored after [`Photo::new`] had accepted it.
    pub(super) const fn stored(file: Vec<u8>) -> Self {
        Self(file)
    }

    /// The file.
    #[must_use]
    pub fn file(&self) -> &[u8] {
        &self.0
    }

    /// The file itself.
    #[must_use]
    pub fn into_file(self) -> Vec<u8> {
        self.0
    }
}

impl std::fmt::Debug for Photo {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Photo(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::picture;

    #[test]
    fn jpeg_png_and_webp_of_sane_size_are_taken() {
        for format in [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP] {
            assert!(Photo::new(picture(320, 400, format)).is_ok(), "{format:?}");
        }
    }

    #[test]
    fn what_is_no_picture_or_of_no_sane_size_is_refused() {
        let cases = [
            (vec![], InvalidPhoto::Empty),
            (vec![0; Photo::MOST_BYTES + 1], InvalidPhoto::TooLarge),
            (b"hello".to_vec(), InvalidPhoto::Unreadable),
            (b"GIF89a\x01\x00\x01\x00".to_vec(), InvalidPhoto::Unreadable),
            (picture(159, 400, ImageFormat::Jpeg), InvalidPhoto::Dimensions),
            (picture(8001, 160, ImageFormat::Png), InvalidPhoto::Dimensions),
        ];
        for (file, expected) in cases {
            assert_eq!(Photo::new(file), Err(expected));
        }
    }

    #[test]
    fn a_picture_cut_short_is_refused() {
        let mut file = picture(320, 400, ImageFormat::Png);
        file.truncate(file.len() / 2);
        assert_eq!(Photo::new(file), Err(InvalidPhoto::Unreadable));
    }
}
