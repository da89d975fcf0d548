//! The guide on a stream of frames: who comes into the picture is noticed in time, at any rate of frames.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test fails by panicking and says what it skipped"
)]

use std::path::Path;

use image::{RgbImage, imageops};
use tanu_models::{ModelId, Store};
use tanu_vision::{Guide, GuideModels, View};

/// A portrait, 300 pixels wide, and the guide; else says why the test is skipped.
fn found(name: &str) -> Option<(RgbImage, Guide)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let data = root.join(std::env::var_os("TANU_DATA").unwrap_or_else(|| "../shared/data".into()));
    let store = Store::from_environment(&root);
    let missing = ModelId::GUIDANCE.into_iter().find_map(|id| store.locate(id).err());
    let why = match (missing, image::open(data.join("portraits/obama.jpg"))) {
        (None, Ok(portrait)) => {
            let portrait = portrait.resize(300, u32::MAX, imageops::FilterType::Triangle).to_rgb8();
            let [detector, mesh, eyes] = ModelId::GUIDANCE.map(|id| store.load(id).unwrap());
            let models = GuideModels {
                detector: &detector,
                mesh: &mesh,
                eyes: &eyes,
            };
            return Some((portrait, Guide::load(models).unwrap()));
        }
        (Some(error), _) => error.to_string(),
        (_, Err(error)) => error.to_string(),
    };
    assert!(std::env::var("CI").as_deref() != Ok("true"), "{name}: {why}");
    println!("skipped: {name}: {why}");
    None
}

/// A frame of 640 × 480 with the portrait at each of these columns.
fn frame(portrait: &RgbImage, columns: &[i64]) -> RgbImage {
    let mut frame = RgbImage::from_pixel(640, 480, image::Rgb([120, 130, 110]));
    for column in columns {
        imageops::replace(&mut frame, portrait, *column, 40);
    }
    frame
}

#[test]
fn who_comes_into_the_picture_is_noticed_within_half_a_second_and_not_sought_more_often() {
    let name = "who_comes_into_the_picture_is_noticed_within_half_a_second_and_not_sought_more_often";
    let Some((portrait, mut guide)) = found(name) else {
        return;
    };
    let (alone, together) = (frame(&portrait, &[10]), frame(&portrait, &[10, 330]));
    let mut see = |frame: &RgbImage, t_ms: f64| {
        let view = View::rgb(frame.width(), frame.height(), frame.as_raw()).unwrap();
        guide.observe(view, t_ms).unwrap().faces
    };
    // (milliseconds between frames, the frame after the last detection in which two faces are seen)
    for (interval, noticed) in [(33.5, 15), (83.5, 6), (300.0, 2), (700.0, 1)] {
        // Times begin anew: faces are detected in the first frame.
        assert_eq!(see(&alone, 0.0), 1, "{interval} ms");
        let found = (1..20).find(|n| see(&together, f64::from(*n) * interval) == 2);
        assert_eq!(found, Some(noticed), "{interval} ms");
    }
}
