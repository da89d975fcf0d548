//! Pictures in memory: owned RGB pixels, and borrowed views of RGB or RGBA pixels.

use std::{fmt, ops::Range};

use thiserror::Error;

/// An RGB picture: 8 bits a channel, rows from the top, no padding. Never holds zero pixels.
///
/// `Debug` prints the size only: a face never reaches a log.
#[derive(Clone, PartialEq, Eq)]
pub struct Picture {
    width: u32,
    height: u32,
    rgb: Vec<u8>,
}

/// The number of bytes doesn't fit the width and height, or one of them is zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("{width}×{height} pixels of {channels} bytes don't fit in {bytes} bytes")]
pub struct SizeMismatch {
    /// Width given, in pixels.
    pub width: u32,
    /// Height given, in pixels.
    pub height: u32,
    /// Bytes a pixel.
    pub channels: u8,
    /// Bytes given.
    pub bytes: usize,
}

impl Picture {
    /// Takes `width` × `height` × 3 bytes of RGB.
    ///
    /// # Errors
    /// [`SizeMismatch`] when the bytes are more or fewer, or there are none.
    pub fn from_rgb(width: u32, height: u32, rgb: Vec<u8>) -> Result<Self, SizeMismatch> {
        check_size(width, height, 3, rgb.len())?;
        Ok(Self { width, height, rgb })
    }

    /// Copies `width` × `height` × 4 bytes of RGBA, as a canvas gives them; alpha is dropped.
    ///
    /// # Errors
    /// [`SizeMismatch`] when the bytes are more or fewer, or there are none.
    pub fn from_rgba(width: u32, height: u32, rgba: &[u8]) -> Result<Self, SizeMismatch> {
        check_size(width, height, 4, rgba.len())?;
        let rgb = rgba
            .chunks_exact(4)
            .flat_map(|pixel| [pixel[0], pixel[1], pixel[2]])
            .collect();
        Ok(Self { width, height, rgb })
    }

    /// Width in pixels.
    #[must_use]
    pub fn width(&self) -> u32 {
        self.width
    }

    /// Height in pixels.
    #[must_use]
    pub fn height(&self) -> u32 {
        self.height
    }

    /// The pixels: `width` × `height` × 3 bytes.
    #[must_use]
    pub fn rgb(&self) -> &[u8] {
        &self.rgb
    }

    /// The picture, borrowed, as the measuring functions take it.
    #[must_use]
    pub fn view(&self) -> View<'_> {
        View {
            width: self.width,
            height: self.height,
            channels: Channels::Rgb,
            data: &self.rgb,
        }
    }
}

impl fmt::Debug for Picture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Picture({}×{})", self.width, self.height)
    }
}

/// Borrowed pixels, RGB or RGBA: what is measured, without a copy.
#[derive(Clone, Copy)]
pub struct View<'a> {
    width: u32,
    height: u32,
    channels: Channels,
    data: &'a [u8],
}

/// Bytes of one pixel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Channels {
    Rgb,
    Rgba,
}

impl Channels {
    fn count(self) -> usize {
        match self {
            Self::Rgb => 3,
            Self::Rgba => 4,
        }
    }
}

impl<'a> View<'a> {
    /// Looks at `width` × `height` × 3 bytes of RGB.
    ///
    /// # Errors
    /// [`SizeMismatch`] when the bytes are more or fewer, or there are none.
    pub fn rgb(width: u32, height: u32, data: &'a [u8]) -> Result<Self, SizeMismatch> {
        check_size(width, height, 3, data.len())?;
        Ok(Self {
            width,
            height,
            channels: Channels::Rgb,
            data,
        })
    }

    /// Looks at `width` × `height` × 4 bytes of RGBA, as a canvas gives them; alpha is not looked at.
    ///
    /// # Errors
    /// [`SizeMismatch`] when the bytes are more or fewer, or there are none.
    pub fn rgba(width: u32, height: u32, data: &'a [u8]) -> Result<Self, SizeMismatch> {
        check_size(width, height, 4, data.len())?;
        Ok(Self {
            width,
            height,
            channels: Channels::Rgba,
            data,
        })
    }

    /// Width in pixels.
    #[must_use]
    pub fn width(&self) -> u32 {
        self.width
    }

    /// Height in pixels.
    #[must_use]
    pub fn height(&self) -> u32 {
        self.height
    }

    /// The pixel at a position in continuous pixels: red, green, blue. `None` outside the picture.
    pub(crate) fn pixel(&self, x: f32, y: f32) -> Option<[u8; 3]> {
        if !(x >= 0.0 && x < self.width as f32 && y >= 0.0 && y < self.height as f32) {
            return None;
        }
        let start = (y as usize * self.width as usize + x as usize) * self.channels.count();
        self.data.get(start..start + 3)?.try_into().ok()
    }

    /// The pixels of a row within these columns: red, green, blue first. None of what is outside the picture.
    pub(crate) fn row(&self, y: usize, columns: Range<usize>) -> impl Iterator<Item = &'a [u8]> {
        let channels = self.channels.count();
        let first = y * self.width as usize;
        let pixels = self
            .data
            .get((first + columns.start) * channels..(first + columns.end) * channels);
        pixels.unwrap_or_default().chunks_exact(channels)
    }

    pub(crate) fn channels(&self) -> Channels {
        self.channels
    }

    pub(crate) fn data(&self) -> &'a [u8] {
        self.data
    }
}

impl fmt::Debug for View<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "View({}×{})", self.width, self.height)
    }
}

fn check_size(width: u32, height: u32, channels: u8, bytes: usize) -> Result<(), SizeMismatch> {
    let expected = u64::from(width)
        .checked_mul(u64::from(height))
        .and_then(|n| n.checked_mul(u64::from(channels)));
    if width == 0 || height == 0 || expected != Some(bytes as u64) {
        return Err(SizeMismatch {
            width,
            height,
            channels,
            bytes,
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rgba_loses_alpha_only() {
        let picture = Picture::from_rgba(2, 1, &[1, 2, 3, 255, 4, 5, 6, 0]).unwrap();
        assert_eq!(picture.rgb(), [1, 2, 3, 4, 5, 6]);
    }

    #[test]
    fn wrong_number_of_bytes_is_refused() {
        assert!(Picture::from_rgba(2, 2, &[0; 15]).is_err());
        assert!(Picture::from_rgb(2, 2, vec![0; 13]).is_err());
        assert!(View::rgba(u32::MAX, u32::MAX, &[0; 16]).is_err());
        assert!(View::rgb(0, 4, &[]).is_err());
    }

    #[test]
    fn debug_shows_no_pixel() {
        let picture = Picture::from_rgb(1, 1, vec![77, 88, 99]).unwrap();
        assert_eq!(format!("{picture:?} {:?}", picture.view()), "Picture(1×1) View(1×1)");
    }
}
