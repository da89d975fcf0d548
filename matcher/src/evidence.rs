//! From what was measured to documents 1 and 2 (BNK-9, BNK-13). Pure.

use serde::{Deserialize, Serialize};
use tanu_liveness::measure::StepReport;
use tanu_liveness::policy::Policy;
use tanu_liveness::verdict::tells_persons_apart;
use tanu_protocol::capture::CapturedFrame;
use tanu_protocol::challenge::{IssuedStep, Mismatch, Plan};
use tanu_protocol::digest::Sha256Digest;
use tanu_protocol::evidence::{EvidenceImage, StepEvidence};
use tanu_protocol::observation::FrameObservation;
use tanu_protocol::similarity::Similarity;
use tanu_vision::{Embedding, Examination};

/// A judged step with everything that its evidence needs. Sealed wherever it is kept.
#[derive(Clone, Serialize, Deserialize)]
pub struct StepContent {
    /// The step.
    pub issued: IssuedStep,
    /// The commands that were chosen for its run.
    pub plan: Plan,
    /// When the frames arrived.
    pub received_at: jiff::Timestamp,
    /// The frames.
    pub frames: Vec<CapturedFrame>,
    /// Head of their chain.
    pub head: Sha256Digest,
    /// What each frame shows.
    pub observations: Vec<FrameObservation>,
    /// What they amount to.
    pub report: StepReport,
    /// The anchor, as it was when the step was judged: what its frames were compared with, and those of later steps are.
    pub anchor: Option<Face>,
    /// The step's clearest face: what may be compared with a reference.
    pub clearest: Option<Face>,
}

/// A face of one frame.
#[derive(Clone, Serialize, Deserialize)]
pub struct Face {
    /// The frame's place in its step.
    pub frame: usize,
    /// Its embedding's numbers.
    pub embedding: Vec<f32>,
}

impl Face {
    fn of(frame: usize, examinations: &[Examination]) -> Option<Self> {
        let embedding = examinations.get(frame)?.embedding.as_ref()?;
        Some(Self {
            frame,
            embedding: embedding.as_slice().to_vec(),
        })
    }

    /// The embedding; `None` where the numbers are none.
    #[must_use]
    pub fn embedding(&self) -> Option<Embedding> {
        Embedding::from_slice(&self.embedding)
    }
}

impl Drop for Face {
    fn drop(&mut self) {
        zeroize::Zeroize::zeroize(&mut self.embedding);
    }
}

/// The face that a session's others are compared with: see [`tanu_vision::anchor`].
#[must_use]
pub fn anchor(examinations: &[Examination]) -> Option<Face> {
    Face::of(tanu_vision::anchor(examinations)?, examinations)
}

/// The face of a failed run that the session's next one is compared with: the first of its clearest ones, else its own anchor, that
/// [tells persons apart](tells_persons_apart).
#[must_use]
pub fn lasting_anchor<'a>(steps: &'a [StepContent], policy: &Policy) -> Option<&'a Face> {
    let clearest = steps.iter().filter_map(|step| Some((step, step.clearest.as_ref()?)));
    let anchor = steps.iter().find_map(|step| Some((step, step.anchor.as_ref()?)));
    let observed = |step: &'a StepContent, face: &Face| step.observations.get(face.frame)?.face.as_ref();
    clearest
        .chain(anchor)
        .find(|(step, face)| observed(step, face).is_some_and(|seen| tells_persons_apart(seen, policy)))
        .map(|(_, face)| face)
}

/// The face of a step's clearest frame.
#[must_use]
pub fn clearest(report: &StepReport, examinations: &[Examination]) -> Option<Face> {
    Face::of(report.key_frames.clearest?, examinations)
}

/// What is compared: the run's clearest face as a picture, and the mean embedding of the clearest faces of its steps, which
/// is steadier than that of one frame. `None` where no step has one: then the run can't be compared.
#[must_use]
pub fn probe(steps: &[StepContent]) -> Option<(EvidenceImage, Embedding)> {
    let faces: Vec<(&StepContent, &Face)> = steps
        .iter()
        .filter_map(|step| step.clearest.as_ref().map(|face| (step, face)))
        .collect();
    let sharpness = |step: &StepContent, face: &Face| -> f32 {
        step.observations
            .get(face.frame)
            .and_then(|observation| observation.face.as_ref())
            .map_or(0.0, |face| face.quality.sharpness)
    };
    let (step, face) = faces
        .iter()
        .max_by(|(a_step, a), (b_step, b)| sharpness(a_step, a).total_cmp(&sharpness(b_step, b)))?;
    let mut sum = zeroize::Zeroizing::new(vec![0.0_f32; Embedding::LENGTH]);
    for (_, face) in &faces {
        for (total, value) in sum.iter_mut().zip(&face.embedding) {
            *total += value;
        }
    }
    Some((image(step.frames.get(face.frame)?), Embedding::from_slice(&sum)?))
}

/// What document 1 says of a step: with its frames where they came, without where they didn't.
#[must_use]
pub fn step_evidence(issued: &IssuedStep, content: Option<&StepContent>) -> StepEvidence {
    let mut evidence = StepEvidence {
        index: issued.index,
        command: issued.command,
        issued_at: issued.issued_at,
        received_at: None,
        mismatches: vec![Mismatch::Late],
        frames: 0,
        head: None,
        images: Vec::new(),
    };
    if let Some(content) = content {
        evidence.received_at = Some(content.received_at);
        evidence.mismatches = content.report.mismatches.clone();
        evidence.frames = u32::try_from(content.frames.len()).unwrap_or(u32::MAX);
        evidence.head = Some(content.head);
        evidence.images = shown(content);
    }
    evidence
}

/// The frames that show the answer; where none stands out, the first, the middle and the last, which show that there was none.
fn shown(content: &StepContent) -> Vec<EvidenceImage> {
    let mut places = content.report.key_frames.indices();
    if places.is_empty() {
        let last = content.frames.len().saturating_sub(1);
        places = vec![0, last / 2, last];
        places.dedup();
    }
    places
        .into_iter()
        .filter_map(|place| content.frames.get(place))
        .map(image)
        .collect()
}

fn image(frame: &CapturedFrame) -> EvidenceImage {
    EvidenceImage {
        sequence: frame.sequence,
        time_us: frame.time_us,
        jpeg: frame.jpeg.clone(),
    }
}

/// A cosine as it is written into a document: rounding errors beyond ±1 are cut.
#[must_use]
pub fn similarity(cosine: f32) -> Option<Similarity> {
    Similarity::new(cosine.clamp(-1.0, 1.0)).ok()
}
