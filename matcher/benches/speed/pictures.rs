//! One picture in processor time: each stage, all that a comparison takes, and the whole examination; ours and the peer's turn about.

use std::path::Path;

use tanu_matcher::inference::{Examine, load_examiner};
use tanu_models::{ModelId, Store};
use tanu_vision::{Detector, Embedder, EyeClassifier, FaceMesh, PassiveAttack, Roi, decode};

use crate::Error;
use crate::clock::spent;
use crate::figures::{beside, figure, percentile};
use crate::film::{Film, Picture};
use crate::peer::{Answer, Found, Peer, Stages};

/// Pictures that are examined before anything is measured.
const WARM_UP: usize = 10;

/// What both sides' results must keep to have done the same work: the cosine of the two embeddings, in each picture and in half of
/// them; how far points may be apart, in distances of the eyes, and scores, in their unit. The peer interpolates in steps of 1/32 of
/// a pixel and rounds to bytes between, so that the detector's box lies some tenths of a pixel elsewhere, and now and then its next
/// best cell wins. Where the passive score is far from 0 and 1, half a pixel of the box changes it by a tenth: so of that score the
/// median is held close, and the most wide.
const LEAST_COSINE: f32 = 0.95;
const MEDIAN_COSINE: f64 = 0.99;
const MOST_POINTS: f32 = 0.1;
const MOST_EYES: f32 = 0.2;
const MOST_PASSIVE: f32 = 0.2;
const MEDIAN_PASSIVE: f64 = 0.02;

/// Milliseconds that the whole examination of a picture takes the peer, where there is one.
pub(crate) type Beside = Option<f64>;

/// Measures on the film's pictures; gives the peer's milliseconds for a whole examination, where there is a peer.
pub(crate) fn measure(film: &Film, store: &Store, mut peer: Option<Peer>) -> Result<Beside, Error> {
    let ours = Ours::load(store)?;
    let (mut mine, mut theirs) = (Vec::new(), Vec::new());
    for picture in film.pictures().take(WARM_UP) {
        ours.examine(picture)?;
        if let Some(peer) = &mut peer {
            peer.examine(&picture.path)?;
        }
    }
    let mut agreement = Agreement::default();
    for picture in film.pictures() {
        let (stages, whole, found) = ours.examine(picture)?;
        mine.push((stages, whole));
        if let Some(peer) = &mut peer {
            let Answer { ms, found: others } = peer.examine(&picture.path)?;
            agreement.add(&found, &others, &picture.path)?;
            theirs.push(ms);
        }
    }
    say(&mine, &theirs)?;
    if theirs.is_empty() {
        return Ok(None);
    }
    agreement.say()?;
    Ok(Some(median(&theirs, examination)))
}

fn say(mine: &[(Stages, f64)], theirs: &[Stages]) -> Result<(), Error> {
    type Of = fn(&Stages) -> f64;
    let stages: [(&str, Of); 7] = [
        ("picture, decode", |ms| ms.decode),
        ("picture, detect", |ms| ms.detect),
        ("picture, mesh", |ms| ms.mesh),
        ("picture, align and embed", |ms| ms.align + ms.embed),
        ("picture, eyes", |ms| ms.eyes),
        ("picture, passive score", |ms| ms.passive),
        ("picture, all that a comparison takes", comparison),
    ];
    let peer = |of: Of| (!theirs.is_empty()).then(|| median(theirs, of));
    let of_mine: Vec<Stages> = mine.iter().map(|(stages, _)| *stages).collect();
    for (name, of) in stages {
        beside(name, median(&of_mine, of), peer(of))?;
    }
    let whole: Vec<f64> = mine.iter().map(|(_, whole)| *whole).collect();
    let whole = percentile(&whole, 0.5);
    beside("picture, whole examination", whole, peer(examination))?;
    for (name, ours, of) in [
        ("pictures compared", median(&of_mine, comparison), comparison as Of),
        ("pictures examined", whole, examination as Of),
    ] {
        figure(&format!("{name} a second and core, ours"), 1000.0 / ours, "")?;
        if let Some(peer) = peer(of) {
            figure(&format!("{name} a second and core, onnxruntime"), 1000.0 / peer, "")?;
        }
    }
    Ok(())
}

/// Decode, detect, mesh, align, embed.
fn comparison(ms: &Stages) -> f64 {
    ms.decode + ms.detect + ms.mesh + ms.align + ms.embed
}

/// All stages.
fn examination(ms: &Stages) -> f64 {
    comparison(ms) + ms.eyes + ms.passive
}

fn median(stages: &[Stages], of: fn(&Stages) -> f64) -> f64 {
    percentile(&stages.iter().map(of).collect::<Vec<_>>(), 0.5)
}

/// Our models: one by one, and together as the matcher runs them.
struct Ours {
    detector: Detector,
    mesh: FaceMesh,
    eyes: EyeClassifier,
    embedder: Embedder,
    passive: PassiveAttack,
    examiner: Box<dyn Examine>,
}

impl Ours {
    fn load(store: &Store) -> Result<Self, Error> {
        let load = |id| store.load(id);
        Ok(Self {
            detector: Detector::load(&load(ModelId::YunetN320)?)?,
            mesh: FaceMesh::load(&load(ModelId::FaceLandmarks468)?)?,
            eyes: EyeClassifier::load(&load(ModelId::OpenClosedEye)?)?,
            embedder: Embedder::load(&load(ModelId::EdgefaceXs)?)?,
            passive: PassiveAttack::load(&load(ModelId::MinifasnetV2)?, &load(ModelId::MinifasnetV1Se)?)?,
            examiner: Box::new(load_examiner(store)?),
        })
    }

    /// Milliseconds of each stage, those of the whole examination as the matcher does it, and what was found.
    fn examine(&self, picture: &Picture) -> Result<(Stages, f64, Found), Error> {
        let (examined, whole) = spent(|| self.examiner.examine(&picture.jpeg, 0.0));
        examined?;
        let (decoded, decode) = spent(|| decode(&picture.jpeg));
        let decoded = decoded?;
        let view = decoded.view();
        let (faces, detect) = spent(|| self.detector.detect(view));
        let faces = faces?;
        let face = faces
            .first()
            .ok_or_else(|| format!("{} shows no face", picture.path.display()))?;
        let (measured, mesh) = spent(|| {
            let first = self.mesh.measure(view, Roi::from_face(face))?;
            self.mesh.measure(view, Roi::from_mesh(&first))
        });
        let measured = measured?;
        // Alignment fills the network's input, so it has no time of its own.
        let (embedding, embed) = spent(|| self.embedder.embed(view, &measured.five_points()));
        let (open, eyes) = spent(|| self.eyes.measure(view, &measured));
        let open = open?;
        let (score, passive) = spent(|| self.passive.score(view, face));
        let found = Found {
            points: face.points.iter().map(|point| [point.x, point.y]).collect(),
            embedding: embedding?.as_slice().to_vec(),
            mesh: measured.points().iter().map(|point| [point[0], point[1]]).collect(),
            eyes: [open.left, open.right],
            passive: score?,
        };
        let stages = Stages {
            decode,
            detect,
            align: 0.0,
            embed,
            mesh,
            eyes,
            passive,
        };
        Ok((stages, whole, found))
    }
}

/// How far both sides were apart.
#[derive(Default)]
struct Agreement {
    cosines: Vec<f64>,
    /// The most, in distances of the eyes.
    points: f32,
    /// The most, of an eye's openness.
    eyes: f32,
    passive: Vec<f64>,
}

impl Agreement {
    /// Takes in a picture; an error where the two did not do the same work.
    fn add(&mut self, ours: &Found, theirs: &Found, picture: &Path) -> Result<(), Error> {
        let cosine: f32 = ours.embedding.iter().zip(&theirs.embedding).map(|(a, b)| a * b).sum();
        let apart = |a: [f32; 2], b: [f32; 2]| (a[0] - b[0]).hypot(a[1] - b[1]);
        let most = |a: &[[f32; 2]], b: &[[f32; 2]]| a.iter().zip(b).map(|(a, b)| apart(*a, *b)).fold(0.0, f32::max);
        let eyes = apart(ours.points[0], ours.points[1]);
        let points = most(&ours.points, &theirs.points).max(most(&ours.mesh, &theirs.mesh)) / eyes;
        let eyes_open = (ours.eyes[0] - theirs.eyes[0])
            .abs()
            .max((ours.eyes[1] - theirs.eyes[1]).abs());
        let passive = (ours.passive - theirs.passive).abs();
        let sizes = ours.embedding.len() == theirs.embedding.len() && ours.mesh.len() == theirs.mesh.len();
        if !sizes || cosine < LEAST_COSINE || points > MOST_POINTS || eyes_open > MOST_EYES || passive > MOST_PASSIVE {
            return Err(format!(
                "the peer does other work on {}: cosine {cosine}; apart: points {points} eye distances, openness of the eyes \
                 {eyes_open}, passive score {passive}",
                picture.display()
            )
            .into());
        }
        self.cosines.push(cosine.into());
        self.points = self.points.max(points);
        self.eyes = self.eyes.max(eyes_open);
        self.passive.push(passive.into());
        Ok(())
    }

    fn say(&self) -> Result<(), Error> {
        let median = percentile(&self.cosines, 0.5);
        let passive = percentile(&self.passive, 0.5);
        if median < MEDIAN_COSINE || passive > MEDIAN_PASSIVE {
            let apart = format!("the median cosine is {median}, passive scores are {passive} apart");
            return Err(format!("the peer does other work: {apart}").into());
        }
        figure("same work: median cosine of both embeddings", median, "")?;
        figure(
            "same work: least cosine of both embeddings",
            percentile(&self.cosines, 0.0),
            "",
        )?;
        figure("same work: points apart at most", self.points.into(), "eye distances")?;
        figure("same work: openness of an eye apart at most", self.eyes.into(), "")?;
        figure("same work: median of how far passive scores are apart", passive, "")?;
        figure(
            "same work: passive scores apart at most",
            percentile(&self.passive, 1.0),
            "",
        )?;
        Ok(())
    }
}
