//! Decoding: formats, orientation, and bytes that mean harm.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::Cursor;

use image::{DynamicImage, ImageFormat, RgbImage};
use proptest::prelude::*;
use tanu_vision::{
    DecodeError, decode,
    decode::{MAX_BYTES, MAX_FRAME_SIDE},
    decode_frame,
};

/// 40 × 20, red on the left half, blue on the right.
fn two_colours() -> DynamicImage {
    RgbImage::from_fn(40, 20, |x, _| {
        image::Rgb(if x < 20 { [250, 0, 0] } else { [0, 0, 250] })
    })
    .into()
}

fn encode(format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    two_colours().write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// A PNG that states a size and has no pixels.
fn png_header(width: u32, height: u32) -> Vec<u8> {
    let mut chunk = b"IHDR".to_vec();
    chunk.extend(
        width
            .to_be_bytes()
            .into_iter()
            .chain(height.to_be_bytes())
            .chain([8, 2, 0, 0, 0]),
    );
    let mut crc = u32::MAX;
    for byte in &chunk {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 {
                (crc >> 1) ^ 0xEDB8_8320
            } else {
                crc >> 1
            };
        }
    }
    let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\x0d".to_vec();
    png.extend(chunk);
    png.extend((!crc).to_be_bytes());
    png.extend(b"\0\0\0\x0aIDAT");
    png
}

#[test]
fn each_format_gives_the_same_picture() {
    for format in [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP] {
        assert!(is_two_colours(&encode(format)), "{format:?}");
    }
}

/// Whether a picture is red on its left half and blue on its right.
fn is_two_colours(bytes: &[u8]) -> bool {
    let picture = decode(bytes).unwrap();
    assert_eq!((picture.width(), picture.height()), (40, 20));
    let (first, last) = (&picture.rgb()[..3], &picture.rgb()[picture.rgb().len() - 3..]);
    first[0] > 200 && first[1] < 70 && first[2] < 70 && last[0] < 70 && last[1] < 70 && last[2] > 200
}

#[test]
fn progressive_and_printers_jpegs_have_their_colours() {
    assert!(is_two_colours(include_bytes!("pictures/progressive.jpg")));
    assert!(is_two_colours(include_bytes!("pictures/cmyk.jpg")));
}

#[test]
fn deep_grey_and_transparent_pictures_become_colours_of_eight_bits() {
    let png = |picture: DynamicImage| {
        let mut bytes = Cursor::new(Vec::new());
        picture.write_to(&mut bytes, ImageFormat::Png).unwrap();
        bytes.into_inner()
    };
    for picture in [
        DynamicImage::from(two_colours().to_rgb16()),
        two_colours().to_rgba8().into(),
        two_colours().to_rgba16().into(),
    ] {
        assert!(is_two_colours(&png(picture)));
    }
    for picture in [
        DynamicImage::from(two_colours().to_luma8()),
        two_colours().to_luma16().into(),
        two_colours().to_luma_alpha8().into(),
        two_colours().to_luma_alpha16().into(),
    ] {
        let grey = decode(&png(picture)).unwrap();
        let pixel = &grey.rgb()[..3];
        assert!(
            pixel[0] == pixel[1] && pixel[1] == pixel[2] && (40..70).contains(&pixel[0]),
            "{pixel:?}"
        );
    }
}

#[test]
fn a_picture_taken_on_its_side_is_turned_upright() {
    // EXIF orientation 6: the top of the scene is the right of the stored picture, so the stored left is shown on top.
    let tiff = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0";
    let jpeg = encode(ImageFormat::Jpeg);
    let mut turned = jpeg[..2].to_vec();
    let length = u16::try_from(2 + 6 + tiff.len()).unwrap();
    turned.extend([0xFF, 0xE1]);
    turned.extend(length.to_be_bytes());
    turned.extend(b"Exif\0\0");
    turned.extend(tiff);
    turned.extend(&jpeg[2..]);
    let picture = decode(&turned).unwrap();
    assert_eq!((picture.width(), picture.height()), (20, 40));
    assert!(picture.rgb()[0] > 200, "red is on top");
}

#[test]
fn no_bytes_and_other_formats_are_refused() {
    assert_eq!(decode(&[]), Err(DecodeError::Empty));
    assert_eq!(decode(b"GIF89a\x01\0\x01\0\0\0\0;"), Err(DecodeError::UnknownFormat));
    assert_eq!(
        decode(b"<svg xmlns='http://www.w3.org/2000/svg'/>"),
        Err(DecodeError::UnknownFormat)
    );
}

#[test]
fn too_many_bytes_are_refused_unread() {
    let mut bytes = encode(ImageFormat::Png);
    bytes.resize(MAX_BYTES + 1, 0);
    assert_eq!(decode(&bytes), Err(DecodeError::TooManyBytes(MAX_BYTES + 1)));
}

#[test]
fn a_header_that_promises_too_many_pixels_is_refused() {
    for (width, height) in [(100_000, 100_000), (12_001, 1), (6_000, 6_000)] {
        assert_eq!(
            decode(&png_header(width, height)),
            Err(DecodeError::TooManyPixels { width, height })
        );
    }
}

/// A JPEG of one colour.
fn flat_jpeg(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    RgbImage::new(width, height)
        .write_to(&mut bytes, ImageFormat::Jpeg)
        .unwrap();
    bytes.into_inner()
}

#[test]
fn frames_are_jpegs_as_browsers_capture_them() {
    for (width, height) in [(640, 480), (480, 640), (640, 640), (320, 240), (1, 1)] {
        let jpeg = flat_jpeg(width, height);
        assert_eq!(decode_frame(&jpeg), decode(&jpeg), "{width}×{height}");
        assert!(decode_frame(&jpeg).is_ok(), "{width}×{height}");
    }
    for (width, height) in [(MAX_FRAME_SIDE + 1, 480), (480, MAX_FRAME_SIDE + 1), (4_800, 4_800)] {
        let jpeg = flat_jpeg(width, height);
        assert_eq!(decode_frame(&jpeg), Err(DecodeError::FrameSize { width, height }));
        assert!(decode(&jpeg).is_ok(), "{width}×{height}");
    }
    for format in [ImageFormat::Png, ImageFormat::WebP] {
        assert_eq!(
            decode_frame(&encode(format)),
            Err(DecodeError::FrameFormat),
            "{format:?}"
        );
    }
    assert_eq!(decode_frame(&[]), Err(DecodeError::Empty));
    let jpeg = encode(ImageFormat::Jpeg);
    assert_eq!(decode_frame(&jpeg[..jpeg.len() - 1]), Err(DecodeError::Damaged));
}

#[test]
fn a_header_without_pixels_is_damaged() {
    assert_eq!(decode(&png_header(100, 100)), Err(DecodeError::Damaged));
    assert_eq!(decode(&png_header(0, 0)), Err(DecodeError::Damaged));
}

#[test]
fn a_truncated_picture_is_no_picture() {
    for format in [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP] {
        let bytes = encode(format);
        for keep in [bytes.len() / 8, bytes.len() / 2] {
            assert!(decode(&bytes[..keep]).is_err(), "{format:?} of {keep} bytes");
        }
    }
}

#[test]
fn a_large_jpeg_cut_short_is_damaged_and_not_half_grey() {
    let noise = RgbImage::from_fn(640, 480, |x, y| {
        image::Rgb([(x * y % 251) as u8, (x % 256) as u8, (y % 256) as u8])
    });
    let mut bytes = Cursor::new(Vec::new());
    noise.write_to(&mut bytes, ImageFormat::Jpeg).unwrap();
    let bytes = bytes.into_inner();
    assert!(decode(&bytes).is_ok());
    for keep in [bytes.len() / 4, bytes.len() * 3 / 4, bytes.len() - 1] {
        assert_eq!(
            decode(&bytes[..keep]),
            Err(DecodeError::Damaged),
            "{keep} of {}",
            bytes.len()
        );
    }
    // What a camera appends does not matter.
    assert!(decode(&[bytes.as_slice(), b"trailer"].concat()).is_ok());
}

/// Where markers with this code stand among the bytes.
fn places(bytes: &[u8], code: u8) -> Vec<usize> {
    let pairs = (0..bytes.len()).zip(bytes.windows(2));
    pairs
        .filter(|(_, pair)| *pair == [0xFF, code])
        .map(|(place, _)| place)
        .collect()
}

#[test]
fn a_film_that_a_phone_appends_does_not_matter_whatever_bytes_it_has() {
    let jpeg = encode(ImageFormat::Jpeg);
    let progressive = include_bytes!("pictures/progressive.jpg").to_vec();
    for trailer in [
        &b"\xFF\xDA"[..],
        b"\xFF\xD9\xFF\xDA",
        b"ftypmp42\xFF\xDA\0\x08\x01\xFF\xD8\xFF",
    ] {
        for picture in [&jpeg, &progressive] {
            assert!(is_two_colours(&[picture, trailer].concat()), "{trailer:?}");
        }
    }
}

#[test]
fn a_progressive_jpeg_is_whole_after_its_last_scan_and_not_before() {
    let jpeg = include_bytes!("pictures/progressive.jpg");
    let scans = places(jpeg, 0xDA);
    assert!(scans.len() > 1);
    for cut in scans.into_iter().chain([jpeg.len() - 2, jpeg.len() - 1]) {
        assert_eq!(
            decode(&jpeg[..cut]),
            Err(DecodeError::Damaged),
            "{cut} of {}",
            jpeg.len()
        );
    }
}

#[test]
fn a_preview_in_the_header_does_not_end_the_picture() {
    let preview = encode(ImageFormat::Jpeg);
    let mut jpeg = preview[..2].to_vec();
    jpeg.extend([0xFF, 0xE2]);
    jpeg.extend(u16::try_from(preview.len() + 2).unwrap().to_be_bytes());
    jpeg.extend(&preview);
    jpeg.extend(&preview[2..]);
    assert!(is_two_colours(&jpeg));
    assert_eq!(decode(&jpeg[..jpeg.len() - 2]), Err(DecodeError::Damaged));
    // A segment that states more bytes than there are.
    assert_eq!(decode(&jpeg[..preview.len()]), Err(DecodeError::Damaged));
}

proptest! {
    #[test]
    fn bytes_after_a_jpeg_change_nothing(trailer in prop::collection::vec(prop::sample::select(vec![0xFF, 0xDA, 0xD9, 0xD8, 0x00]), 0..40)) {
        let jpeg = encode(ImageFormat::Jpeg);
        prop_assert_eq!(decode(&[jpeg.as_slice(), &trailer].concat()), decode(&jpeg));
    }

    #[test]
    fn damaged_bytes_never_panic(format in 0..3_usize, hits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..12), keep in any::<prop::sample::Index>()) {
        let mut bytes = encode([ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP][format]);
        for (place, value) in hits {
            let place = place.index(bytes.len());
            bytes[place] = value;
        }
        let _ = decode(&bytes[..keep.index(bytes.len()) + 1]);
    }
}
