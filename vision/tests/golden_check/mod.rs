//! The golden check: the same inputs give the same numbers, natively and in WebAssembly.
//!
//! Networks are held by synthetic pictures, so that no number here describes a person's face; pipelines by pictures of the research
//! samples, whose pose, eyes, mouth, light, scores and similarities to each other are recorded.

use std::collections::BTreeMap;

use tanu_vision::{
    Embedder, Embedding, Examiner, ExaminerModels, EyeClassifier, Face, FaceMesh, GuideModels, PassiveAttack, Point,
    Roi, View, decode,
};

/// Largest difference between a number and its record, for numbers of the order of 1. Engines add in different orders, and a score
/// near a step of the network moves most.
pub(crate) const TOLERANCE: f64 = 0.01;

/// Pictures of the research samples, relative to their folder.
pub(crate) const PICTURES: [&str; 8] = [
    "portraits/obama.jpg",
    "portraits/obama2.jpg",
    "portraits/biden.jpg",
    "stills/pose/left_face.jpeg",
    "stills/pose/rise_face.jpeg",
    "stills/reaction/close_open_eyes.jpeg",
    "spoof/live_1.jpg",
    "spoof/screen_1.jpg",
];

/// Files of the models that the check needs.
pub(crate) const MODELS: [&str; 6] = [
    "yunet_n_320.onnx",
    "face_landmarks_468.onnx",
    "open_closed_eye.onnx",
    "edgeface_xs.onnx",
    "minifasnet_v2_2.7.onnx",
    "minifasnet_v1se_4.0.onnx",
];

/// Recorded numbers by what they measure.
pub(crate) type Numbers = BTreeMap<String, Vec<f64>>;

/// Bytes of files by name.
pub(crate) type Files = BTreeMap<String, Vec<u8>>;

/// The models of [`MODELS`] out of their files.
pub(crate) fn models(files: &Files) -> Option<ExaminerModels<'_>> {
    let [detector, mesh, eyes, embedder, passive_near, passive_far] =
        MODELS.map(|name| files.get(name).map(Vec::as_slice));
    let guide = GuideModels {
        detector: detector?,
        mesh: mesh?,
        eyes: eyes?,
    };
    Some(ExaminerModels {
        guide,
        embedder: embedder?,
        passive_near: passive_near?,
        passive_far: passive_far?,
    })
}

/// Measures the synthetic picture with each network, and each of the given pictures with the whole pipeline.
pub(crate) fn measure(models: ExaminerModels<'_>, pictures: &Files) -> Result<Numbers, String> {
    let mut numbers = networks(models).map_err(|error| error.to_string())?;
    let examiner = Examiner::load(models).map_err(|error| error.to_string())?;
    let mut embeddings: Vec<(&String, Embedding)> = Vec::new();
    for (name, bytes) in pictures {
        let picture = decode(bytes).map_err(|error| format!("{name}: {error}"))?;
        let seen = examiner
            .examine_still(picture.view(), 0.0)
            .map_err(|error| format!("{name}: {error}"))?;
        let face = seen.observation.face.ok_or_else(|| format!("{name}: no face"))?;
        let mut put = |what: &str, values: Vec<f32>| {
            numbers.insert(format!("{name}: {what}"), values.into_iter().map(f64::from).collect());
        };
        put("faces", vec![f32::from(seen.observation.faces)]);
        put(
            "bounds",
            vec![face.bounds.x, face.bounds.y, face.bounds.width, face.bounds.height],
        );
        put("confidence", vec![face.confidence]);
        // Degrees are of the order of 10: a tenth of them is of the order of 1, and the tolerance 0.1 degrees.
        put(
            "pose/10",
            vec![face.pose.yaw / 10.0, face.pose.pitch / 10.0, face.pose.roll / 10.0],
        );
        put("eyes and mouth", vec![face.eye_left, face.eye_right, face.mouth]);
        put("scale", vec![face.scale]);
        put("smile and covered", vec![face.smile, face.covered]);
        put("light", [face.light.face, face.light.around].concat());
        put(
            "shape",
            face.shape.points().iter().step_by(4).flatten().copied().collect(),
        );
        put(
            "quality",
            vec![face.quality.brightness, face.quality.contrast, face.quality.sharpness],
        );
        put("passive", vec![face.passive.unwrap_or(-1.0)]);
        if let Some(embedding) = seen.embedding {
            for (other, known) in &embeddings {
                let similarity = f64::from(known.cosine(&embedding));
                numbers.insert(format!("similarity of {other} and {name}"), vec![similarity]);
            }
            embeddings.push((name, embedding));
        }
    }
    Ok(numbers)
}

/// Lines that say where `found` differs from `recorded`; none where all agree within [`TOLERANCE`]. Only records named in `found`
/// are compared.
pub(crate) fn differences(found: &Numbers, recorded: &Numbers) -> Vec<String> {
    let mut lines = Vec::new();
    for (name, values) in found {
        let Some(expected) = recorded.get(name) else {
            lines.push(format!("{name}: not recorded"));
            continue;
        };
        let worst = values
            .iter()
            .zip(expected)
            .map(|(a, b)| (a - b).abs())
            .fold(0.0, f64::max);
        if values.len() != expected.len() || worst.is_nan() || worst > TOLERANCE {
            lines.push(format!("{name}: off by {worst:.4}"));
        }
    }
    lines
}

/// Largest difference over all numbers.
pub(crate) fn worst(found: &Numbers, recorded: &Numbers) -> f64 {
    let pairs = found
        .iter()
        .filter_map(|(name, values)| Some(values.iter().zip(recorded.get(name)?)));
    pairs.flatten().map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
}

fn networks(models: ExaminerModels<'_>) -> Result<Numbers, Box<dyn std::error::Error>> {
    let rgba = synthetic_picture();
    let view = View::rgba(SYNTHETIC_SIDE, SYNTHETIC_SIDE, &rgba)?;
    let points = [
        (90.0, 100.0),
        (150.0, 98.0),
        (121.0, 135.0),
        (98.0, 165.0),
        (146.0, 163.0),
    ]
    .map(|(x, y)| Point { x, y });
    let face = Face {
        score: 1.0,
        x: 60.0,
        y: 50.0,
        width: 120.0,
        height: 150.0,
        points,
    };
    let mesh = FaceMesh::load(models.guide.mesh)?.measure(view, Roi::from_face(&face))?;
    let eyes = EyeClassifier::load(models.guide.eyes)?.measure(view, &mesh)?;
    let embedding = Embedder::load(models.embedder)?.embed(view, &points)?;
    let passive = PassiveAttack::load(models.passive_near, models.passive_far)?.score(view, &face)?;
    let mut numbers = Numbers::new();
    let mut put = |name: &str, values: Vec<f32>| {
        numbers.insert(
            format!("synthetic: {name}"),
            values.into_iter().map(f64::from).collect(),
        );
    };
    put(
        "mesh/100",
        mesh.points().iter().step_by(13).flatten().map(|v| v / 100.0).collect(),
    );
    put("presence", vec![mesh.presence()]);
    put("eyes", vec![eyes.left, eyes.right]);
    put("embedding", embedding.as_slice().iter().step_by(16).copied().collect());
    put("passive", vec![passive]);
    Ok(numbers)
}

/// Side of the synthetic picture in pixels.
const SYNTHETIC_SIDE: u32 = 240;

/// A picture of smooth waves with an oval and three dots, as a canvas gives it: a face of nobody, the same on every machine.
fn synthetic_picture() -> Vec<u8> {
    let mut rgba = Vec::new();
    for y in 0..SYNTHETIC_SIDE {
        for x in 0..SYNTHETIC_SIDE {
            let (fx, fy) = (f64::from(x), f64::from(y));
            let oval = ((fx - 120.0) / 60.0).powi(2) + ((fy - 130.0) / 80.0).powi(2) < 1.0;
            let dot = [(90.0, 100.0), (150.0, 98.0), (121.0, 165.0)]
                .iter()
                .any(|(cx, cy)| (fx - cx).hypot(fy - cy) < 9.0);
            let wave = (x * 7 + y * 3) % 64;
            let base = if dot {
                30
            } else if oval {
                190
            } else {
                90
            };
            rgba.extend(
                [base + wave / 2, base + wave / 4, base / 2 + wave, 255].map(|v| u8::try_from(v).unwrap_or(255)),
            );
        }
    }
    rgba
}
