//! The golden check and the timing of each model, as a WebAssembly module for `run.mjs`.
#![cfg(target_family = "wasm")]

#[path = "../golden_check/mod.rs"]
mod golden;

use golden::{Files, Numbers};
use tanu_vision::{
    Detector, Embedder, EyeClassifier, FaceMesh, Guide, Mesh, PassiveAttack, Roi, View, decode, measure_quality,
};
use wasm_bindgen::prelude::wasm_bindgen;

/// The files that the check and the timings work on.
#[wasm_bindgen]
pub struct Bench {
    models: Files,
    pictures: Files,
}

/// One thing to time, ready to run.
#[wasm_bindgen]
pub struct Task {
    work: Box<dyn FnMut() -> Result<(), String>>,
}

#[wasm_bindgen]
impl Task {
    /// Does it once.
    pub fn run(&mut self) -> Result<(), String> {
        (self.work)()
    }
}

#[wasm_bindgen]
impl Bench {
    /// No files yet.
    #[wasm_bindgen(constructor)]
    #[expect(clippy::new_without_default, reason = "made from JavaScript only")]
    pub fn new() -> Self {
        Self {
            models: Files::new(),
            pictures: Files::new(),
        }
    }

    /// Names of the models to give.
    pub fn model_names() -> Vec<String> {
        golden::MODELS.map(str::to_owned).to_vec()
    }

    /// Names of the pictures to give.
    pub fn picture_names() -> Vec<String> {
        golden::PICTURES.map(str::to_owned).to_vec()
    }

    /// Adds a model's bytes.
    pub fn model(&mut self, name: String, bytes: Vec<u8>) {
        self.models.insert(name, bytes);
    }

    /// Adds a picture's bytes.
    pub fn picture(&mut self, name: String, bytes: Vec<u8>) {
        self.pictures.insert(name, bytes);
    }

    /// Compares with the recorded numbers: the differences, one a line; empty where there are none.
    pub fn check(&self, recorded: &str) -> Result<String, String> {
        let recorded: Numbers = serde_json::from_str(recorded).map_err(|error| error.to_string())?;
        let models = golden::models(&self.models).ok_or("a model is missing")?;
        let found = golden::measure(models, &self.pictures)?;
        Ok(golden::differences(&found, &recorded).join("\n"))
    }

    /// The largest difference to the recorded numbers.
    pub fn worst(&self, recorded: &str) -> Result<f64, String> {
        let recorded: Numbers = serde_json::from_str(recorded).map_err(|error| error.to_string())?;
        let models = golden::models(&self.models).ok_or("a model is missing")?;
        Ok(golden::worst(&golden::measure(models, &self.pictures)?, &recorded))
    }

    /// Prepares what `name` says on a canvas-sized frame cut from the first picture.
    pub fn task(&self, name: &str) -> Result<Task, String> {
        let models = golden::models(&self.models).ok_or("a model is missing")?;
        let frame = Frame::cut_from(self.pictures.values().next().ok_or("a picture is missing")?)?;
        let face = text(Detector::load(models.guide.detector))?;
        let detected = *text(face.detect(frame.view()))?.first().ok_or("no face")?;
        let roi = Roi::from_face(&detected);
        let net = text(FaceMesh::load(models.guide.mesh))?;
        let mesh: Mesh = text(net.measure(frame.view(), roi))?;
        let work: Box<dyn FnMut() -> Result<(), String>> = match name {
            "detect" => Box::new(move || text(face.detect(frame.view())).map(drop)),
            "mesh" => Box::new(move || text(net.measure(frame.view(), roi)).map(drop)),
            "eyes" => {
                let eyes = text(EyeClassifier::load(models.guide.eyes))?;
                Box::new(move || text(eyes.measure(frame.view(), &mesh)).map(drop))
            }
            "quality" => Box::new(move || {
                std::hint::black_box(measure_quality(frame.view(), &mesh.five_points()));
                Ok(())
            }),
            "embed" => {
                let embedder = text(Embedder::load(models.embedder))?;
                Box::new(move || text(embedder.embed(frame.view(), &mesh.five_points())).map(drop))
            }
            "passive" => {
                let passive = text(PassiveAttack::load(models.passive_near, models.passive_far))?;
                Box::new(move || text(passive.score(frame.view(), &detected)).map(drop))
            }
            "guide" => {
                let mut guide = text(Guide::load(models.guide))?;
                // Frames as of a camera: at one time no face would be looked for.
                let mut t_ms = 0.0;
                Box::new(move || {
                    t_ms += 40.0;
                    text(guide.observe(frame.view(), t_ms)).map(drop)
                })
            }
            _ => return Err(format!("there is no task {name}")),
        };
        Ok(Task { work })
    }
}

/// A frame of about 640 × 480 as a canvas gives it.
struct Frame {
    width: u32,
    height: u32,
    rgba: Vec<u8>,
}

impl Frame {
    /// The upper part of a portrait.
    fn cut_from(bytes: &[u8]) -> Result<Self, String> {
        let picture = text(decode(bytes))?;
        let (width, height) = (picture.width().min(640), picture.height().min(480));
        let stride = picture.width() as usize * 3;
        let skip = (picture.width() - width) as usize / 2 * 3;
        let rows = picture.rgb().chunks_exact(stride).take(height as usize);
        let rgba = rows
            .flat_map(|row| row[skip..skip + width as usize * 3].chunks_exact(3))
            .flat_map(|pixel| [pixel[0], pixel[1], pixel[2], 255])
            .collect();
        Ok(Self { width, height, rgba })
    }

    fn view(&self) -> View<'_> {
        View::rgba(self.width, self.height, &self.rgba).unwrap_or_else(|error| unreachable!("{error}"))
    }
}

fn text<T, E: std::fmt::Display>(result: Result<T, E>) -> Result<T, String> {
    result.map_err(|error| error.to_string())
}
