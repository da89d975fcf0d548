//! Comparison of stills: pictures that are turned, small in a large one, grey, deep or partly transparent give the same person; pictures
//! of nobody give none.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test fails by panicking and says what it skipped"
)]

use std::{io::Cursor, path::Path};

use image::{DynamicImage, ImageFormat, RgbImage, imageops::FilterType};
use tanu_models::{ModelId, Store};
use tanu_vision::{
    Alignment, COMPARISON_THRESHOLD, Compared, Comparer, ComparerModels, Examiner, ExaminerModels, GuideModels, decode,
};

/// The portraits' folder and the models; else says why the test is skipped.
fn found(name: &str) -> Option<(Vec<DynamicImage>, Store)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let data = root.join(std::env::var_os("TANU_DATA").unwrap_or_else(|| "../shared/data".into()));
    let store = Store::from_environment(&root);
    let missing = ModelId::ALL.into_iter().find_map(|id| store.locate(id).err());
    let portraits: Result<Vec<_>, _> = ["obama.jpg", "obama2.jpg", "biden.jpg"]
        .map(|file| image::open(data.join("portraits").join(file)))
        .into_iter()
        .collect();
    let why = match (missing, portraits) {
        (None, Ok(portraits)) => return Some((portraits, store)),
        (Some(error), _) => error.to_string(),
        (_, Err(error)) => error.to_string(),
    };
    assert!(std::env::var("CI").as_deref() != Ok("true"), "{name}: {why}");
    println!("skipped: {name}: {why}");
    None
}

fn comparer(store: &Store) -> Comparer {
    Comparer::load(ComparerModels {
        detector: &store.load(ModelId::YunetN320).unwrap(),
        mesh: &store.load(ModelId::FaceLandmarks468).unwrap(),
        embedder: &store.load(ModelId::EdgefaceXs).unwrap(),
    })
    .unwrap()
}

fn encode(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

fn embed(comparer: &Comparer, bytes: &[u8]) -> Option<Compared> {
    comparer.embed(decode(bytes).unwrap().view()).unwrap()
}

/// A picture `width` pixels wide in a grey one of 4,000 × 3,000, off its middle.
fn far_away(portrait: &DynamicImage, width: u32) -> DynamicImage {
    let small = portrait.resize(width, u32::MAX, FilterType::Triangle).to_rgb8();
    let mut large = RgbImage::from_pixel(4000, 3000, image::Rgb([120, 130, 110]));
    image::imageops::replace(&mut large, &small, 2300, 700);
    large.into()
}

#[test]
fn a_person_is_the_same_however_the_picture_lies_and_is_stored() {
    let Some((portraits, store)) = found("a_person_is_the_same_however_the_picture_lies_and_is_stored") else {
        return;
    };
    let comparer = comparer(&store);
    let [obama, again, other] = &portraits[..] else {
        unreachable!()
    };
    let reference = embed(&comparer, &encode(again, ImageFormat::Jpeg)).unwrap().embedding;
    let jpeg = |picture: &DynamicImage| encode(&picture.to_rgb8().into(), ImageFormat::Jpeg);
    let png = |picture: DynamicImage| encode(&picture, ImageFormat::Png);
    let filled = obama.crop_imm(200, 100, 500, 660);
    for (what, bytes) in [
        ("upright", jpeg(obama)),
        ("turned right", jpeg(&obama.rotate90())),
        ("upside down", jpeg(&obama.rotate180())),
        ("turned left", jpeg(&obama.rotate270())),
        ("grey", encode(&obama.to_luma8().into(), ImageFormat::Jpeg)),
        ("grey, 16 bits", png(obama.to_luma16().into())),
        ("colour, 16 bits", png(obama.to_rgb16().into())),
        ("with transparency", png(obama.to_rgba8().into())),
        ("WebP", encode(&obama.to_rgb8().into(), ImageFormat::WebP)),
        ("small in a large picture", jpeg(&far_away(obama, 228))),
        ("of 110 pixels", jpeg(&obama.resize(110, 140, FilterType::Triangle))),
        ("filling the picture", jpeg(&filled)),
    ] {
        let found = embed(&comparer, &bytes).unwrap_or_else(|| panic!("{what}: no face"));
        assert_eq!(found.alignment, Alignment::Mesh, "{what}");
        let similarity = found.embedding.cosine(&reference);
        assert!(similarity > 0.6, "{what}: {similarity}");
    }
    let other = embed(&comparer, &jpeg(other)).unwrap().embedding.cosine(&reference);
    assert!(other < COMPARISON_THRESHOLD, "{other}");
}

#[test]
fn pictures_of_nobody_have_no_embedding() {
    let Some((portraits, store)) = found("pictures_of_nobody_have_no_embedding") else {
        return;
    };
    let comparer = comparer(&store);
    for (width, height) in [(1, 1), (1, 2000), (2000, 1), (16, 20), (700, 400)] {
        let flat = RgbImage::from_pixel(width, height, image::Rgb([90, 90, 90]));
        let found = embed(&comparer, &encode(&flat.into(), ImageFormat::Png));
        assert!(found.is_none(), "{width}×{height}");
    }
    let dot = portraits[0].resize_exact(8, 10, FilterType::Triangle);
    assert!(embed(&comparer, &encode(&dot, ImageFormat::Png)).is_none());
}

#[test]
fn the_examiner_aligns_as_the_comparer_does() {
    let Some((portraits, store)) = found("the_examiner_aligns_as_the_comparer_does") else {
        return;
    };
    let load = |id| store.load(id).unwrap();
    let [detector, mesh, eyes] = ModelId::GUIDANCE.map(load);
    let examiner = Examiner::load(ExaminerModels {
        guide: GuideModels {
            detector: &detector,
            mesh: &mesh,
            eyes: &eyes,
        },
        embedder: &load(ModelId::EdgefaceXs),
        passive_near: &load(ModelId::MinifasnetV2),
        passive_far: &load(ModelId::MinifasnetV1Se),
    })
    .unwrap();
    let comparer = comparer(&store);
    for portrait in portraits {
        let picture = decode(&encode(&portrait, ImageFormat::Jpeg)).unwrap();
        let examined = examiner.examine_still(picture.view(), 0.0).unwrap().embedding.unwrap();
        let compared = comparer.embed(picture.view()).unwrap().unwrap().embedding;
        assert!(
            examined == compared,
            "their similarity is {}",
            examined.cosine(&compared)
        );
    }
}
