//! Reference photos: checked to be pictures of a sane size before they are kept. Whether a face is on them is the matcher's
//! to say, which answers `unusable_reference` where there is none. What it could not even read is not taken.

use std::io::Cursor;

use image::{ImageFormat, ImageReader, Limits};
use tanu_protocol::jpeg;
use tanu_protocol::state_database::{MOST_PHOTO_BYTES, MOST_PHOTO_PIXELS, MOST_PHOTO_SIDE};

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
    /// A side shorter than [`Photo::FEWEST_SIDE`] or longer than [`Photo::MOST_SIDE`], or more than [`Photo::MOST_PIXELS`].
    #[error(
        "a photo has {} to {} pixels each way, at most {} in all",
        Photo::FEWEST_SIDE,
        Photo::MOST_SIDE,
        Photo::MOST_PIXELS
    )]
    Dimensions,
}

impl Photo {
    /// The most bytes of a file.
    pub const MOST_BYTES: usize = MOST_PHOTO_BYTES;
    /// The fewest pixels of a side.
    pub const FEWEST_SIDE: u32 = 160;
    /// The most pixels of a side.
    pub const MOST_SIDE: u32 = MOST_PHOTO_SIDE;
    /// The most pixels, width × height.
    pub const MOST_PIXELS: u64 = MOST_PHOTO_PIXELS;
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
        if format == ImageFormat::Jpeg && !jpeg::is_whole(&file) {
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
        let sane = Self::FEWEST_SIDE..=Self::MOST_SIDE;
        let pixels = u64::from(width) * u64::from(height);
        if !sane.contains(&width) || !sane.contains(&height) || pixels > Self::MOST_PIXELS {
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

    /// A large picture in a small file.
    fn black(width: u32, height: u32) -> Vec<u8> {
        let mut file = Cursor::new(Vec::new());
        image::DynamicImage::new_luma8(width, height)
            .write_to(&mut file, ImageFormat::Png)
            .unwrap();
        file.into_inner()
    }

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
            (black(6000, 4001), InvalidPhoto::Dimensions),
        ];
        for (file, expected) in cases {
            assert_eq!(Photo::new(file), Err(expected));
        }
    }

    #[test]
    fn a_photo_as_large_as_the_contract_allows_is_taken() {
        assert!(Photo::new(black(6000, 4000)).is_ok());
        let mut file = picture(320, 400, ImageFormat::Jpeg);
        // What comes after a picture's end is no part of it.
        file.resize(Photo::MOST_BYTES, 0);
        assert_eq!(Photo::new(file.clone()).unwrap().file().len(), Photo::MOST_BYTES);
        file.push(0);
        assert_eq!(Photo::new(file), Err(InvalidPhoto::TooLarge));
    }

    #[test]
    fn a_photo_with_a_film_behind_it_is_taken() {
        let mut file = picture(320, 400, ImageFormat::Jpeg);
        // The markers of a scan and of a picture's end, as they occur by chance in what a phone appends.
        file.extend([0x00, 0xff, 0xd9, 0x41, 0xff, 0xda, 0x00, 0x42]);
        assert!(Photo::new(file).is_ok());
    }

    #[test]
    fn a_picture_cut_short_is_refused() {
        for format in [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP] {
            let whole = picture(320, 400, format);
            for length in [whole.len() / 2, whole.len() * 9 / 10, whole.len() - 20] {
                let cut = Photo::new(whole[..length].to_vec());
                assert_eq!(cut, Err(InvalidPhoto::Unreadable), "{format:?} {length}");
            }
        }
    }
}
