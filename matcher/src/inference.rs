//! Pixels to numbers, on threads of their own: a fixed number of them, and a bounded number of frames that may wait.

use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};

use tanu_models::{ModelError, ModelId, Store};
use tanu_vision::{
    DecodeError, Examination, Examiner, ExaminerModels, GuideModels, LoadError, Picture, decode, decode_frame,
};

/// Why a picture was not examined.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unexamined {
    /// It can't be decoded, or passes a cap.
    #[error("the picture can't be decoded")]
    Damaged,
    /// A model failed.
    #[error("a model failed")]
    Failed,
    /// Too many frames are waiting: try later.
    #[error("the inference queue is full")]
    Full,
}

/// Examines one picture. The port to the models.
pub trait Examine: Send + Sync {
    /// What the picture, taken at `t_ms`, shows.
    ///
    /// # Errors
    /// [`Unexamined::Damaged`] or [`Unexamined::Failed`].
    fn examine(&self, picture: &[u8], t_ms: f64) -> Result<Examination, Unexamined>;

    /// What a step's frame, taken at `t_ms`, shows. Whoever decodes pictures decodes only such as a browser captures: a step has
    /// many.
    ///
    /// # Errors
    /// As of [`Examine::examine`].
    fn examine_frame(&self, frame: &[u8], t_ms: f64) -> Result<Examination, Unexamined> {
        self.examine(frame, t_ms)
    }
}

impl Examine for Examiner {
    fn examine(&self, picture: &[u8], t_ms: f64) -> Result<Examination, Unexamined> {
        examine_decoded(self, decode(picture), t_ms)
    }

    fn examine_frame(&self, frame: &[u8], t_ms: f64) -> Result<Examination, Unexamined> {
        examine_decoded(self, decode_frame(frame), t_ms)
    }
}

fn examine_decoded(
    examiner: &Examiner,
    picture: Result<Picture, DecodeError>,
    t_ms: f64,
) -> Result<Examination, Unexamined> {
    let picture = picture.map_err(|_| Unexamined::Damaged)?;
    examiner
        .examine_still(picture.view(), t_ms)
        .map_err(|_| Unexamined::Failed)
}

/// Why the models can't be used.
#[derive(Debug, thiserror::Error)]
pub enum ModelsError {
    /// A file is missing or wrong.
    #[error(transparent)]
    File(#[from] ModelError),
    /// A model does not load.
    #[error(transparent)]
    Load(#[from] LoadError),
}

/// Loads all models from `store`, their hashes checked.
///
/// # Errors
/// [`ModelsError`], naming the model.
pub fn load_examiner(store: &Store) -> Result<Examiner, ModelsError> {
    let (detector, mesh, eyes) = (
        store.load(ModelId::YunetN320)?,
        store.load(ModelId::FaceLandmarks468)?,
        store.load(ModelId::OpenClosedEye)?,
    );
    let embedder = store.load(ModelId::EdgefaceXs)?;
    let (near, far) = (store.load(ModelId::MinifasnetV2)?, store.load(ModelId::MinifasnetV1Se)?);
    Ok(Examiner::load(ExaminerModels {
        guide: GuideModels {
            detector: &detector,
            mesh: &mesh,
            eyes: &eyes,
        },
        embedder: &embedder,
        passive_near: &near,
        passive_far: &far,
    })?)
}

/// One of [`Examine`]'s ways.
type Way = fn(&dyn Examine, &[u8], f64) -> Result<Examination, Unexamined>;

/// A picture that waits to be examined.
struct Job {
    way: Way,
    place: usize,
    picture: Vec<u8>,
    t_ms: f64,
    answer: Sender<(usize, Result<Examination, Unexamined>)>,
    waiting: Waiting,
}

/// Counts one waiting picture for as long as it lives.
struct Waiting(Arc<AtomicUsize>);

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

/// The threads. Dropping the pool ends them after the work that waits.
pub struct Pool {
    jobs: Mutex<Sender<Job>>,
    waiting: Arc<AtomicUsize>,
    capacity: usize,
}

impl Pool {
    /// Starts `threads` threads; at most `capacity` pictures may wait or be in work.
    ///
    /// # Errors
    /// The system's, where it starts no thread.
    pub fn start(examiner: Arc<dyn Examine>, threads: NonZeroUsize, capacity: usize) -> std::io::Result<Self> {
        let (sender, receiver) = channel();
        let receiver = Arc::new(Mutex::new(receiver));
        for number in 0..threads.get() {
            let (examiner, receiver) = (Arc::clone(&examiner), Arc::clone(&receiver));
            std::thread::Builder::new()
                .name(format!("inference-{number}"))
                .spawn(move || work(&*examiner, &receiver))?;
        }
        Ok(Self {
            jobs: Mutex::new(sender),
            waiting: Arc::new(AtomicUsize::new(0)),
            capacity,
        })
    }

    /// Examines pictures, each with its time in milliseconds, and waits for all: as many answers, in the same order.
    ///
    /// # Errors
    /// [`Unexamined::Full`] where there is no room for all of them; else the first picture's that was not examined.
    pub fn examine(&self, pictures: Vec<(Vec<u8>, f64)>) -> Result<Vec<Examination>, Unexamined> {
        self.wait_for(pictures, |examiner, picture, t_ms| examiner.examine(picture, t_ms))
    }

    /// As [`Pool::examine`], the frames of a step: see [`Examine::examine_frame`].
    ///
    /// # Errors
    /// As of [`Pool::examine`].
    pub fn examine_frames(&self, frames: Vec<(Vec<u8>, f64)>) -> Result<Vec<Examination>, Unexamined> {
        self.wait_for(frames, |examiner, frame, t_ms| examiner.examine_frame(frame, t_ms))
    }

    fn wait_for(&self, pictures: Vec<(Vec<u8>, f64)>, way: Way) -> Result<Vec<Examination>, Unexamined> {
        let count = pictures.len();
        let places = self.reserve(count)?;
        let (answer, answers) = channel();
        {
            let jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner);
            for ((place, (picture, t_ms)), waiting) in pictures.into_iter().enumerate().zip(places) {
                let job = Job {
                    way,
                    place,
                    picture,
                    t_ms,
                    answer: answer.clone(),
                    waiting,
                };
                jobs.send(job).map_err(|_| Unexamined::Failed)?;
            }
        }
        drop(answer);
        let mut found: Vec<_> = answers.into_iter().collect();
        found.sort_by_key(|(place, _)| *place);
        let examined = found
            .into_iter()
            .map(|(_, result)| result)
            .collect::<Result<Vec<_>, _>>()?;
        if examined.len() == count {
            Ok(examined)
        } else {
            Err(Unexamined::Failed)
        }
    }

    fn reserve(&self, count: usize) -> Result<Vec<Waiting>, Unexamined> {
        let fits = |waiting: usize| waiting.checked_add(count).filter(|sum| *sum <= self.capacity);
        self.waiting
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, fits)
            .map_err(|_| Unexamined::Full)?;
        Ok((0..count).map(|_| Waiting(Arc::clone(&self.waiting))).collect())
    }
}

fn work(examiner: &dyn Examine, jobs: &Mutex<Receiver<Job>>) {
    loop {
        let next = jobs.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(job) = next else { return };
        // A model that panics on a picture must not take the thread with it: the picture then counts as not examined.
        let result = catch_unwind(AssertUnwindSafe(|| (job.way)(examiner, &job.picture, job.t_ms)))
            .unwrap_or(Err(Unexamined::Failed));
        // Whoever gets the last answer finds the room free.
        drop(job.waiting);
        // Nobody waits any more where another picture of the same step failed first.
        let _ = job.answer.send((job.place, result));
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;
    use std::path::Path;

    use image::{ImageFormat, RgbImage};
    use tanu_protocol::observation::FrameObservation;

    use super::*;

    /// Takes the picture's first byte for the number of faces; fails on 254, panics on 255. No frame is good enough for it.
    struct FirstByte;

    impl Examine for FirstByte {
        fn examine(&self, picture: &[u8], t_ms: f64) -> Result<Examination, Unexamined> {
            match picture[0] {
                254 => Err(Unexamined::Damaged),
                255 => panic!("a model that panics"),
                faces => Ok(Examination {
                    observation: FrameObservation::new(t_ms, faces, None),
                    embedding: None,
                    texture: None,
                }),
            }
        }

        fn examine_frame(&self, _: &[u8], _: f64) -> Result<Examination, Unexamined> {
            Err(Unexamined::Damaged)
        }
    }

    fn pool(threads: usize, capacity: usize) -> Pool {
        Pool::start(Arc::new(FirstByte), NonZeroUsize::new(threads).unwrap(), capacity).unwrap()
    }

    #[test]
    fn answers_come_in_the_order_of_the_pictures() {
        let pool = pool(4, 100);
        let pictures = (0..100).map(|n| (vec![n], f64::from(n))).collect();
        let faces: Vec<u8> = pool
            .examine(pictures)
            .unwrap()
            .iter()
            .map(|examination| examination.observation.faces)
            .collect();
        assert_eq!(faces, (0..100).collect::<Vec<_>>());
    }

    #[test]
    fn more_than_there_is_room_for_is_refused_and_room_comes_back() {
        let pool = pool(1, 4);
        let pictures = |count: usize| vec![(vec![1], 0.0); count];
        assert_eq!(pool.examine(pictures(5)).unwrap_err(), Unexamined::Full);
        for _ in 0..3 {
            assert!(pool.examine(pictures(4)).is_ok());
        }
    }

    #[test]
    fn a_damaged_picture_and_a_panicking_model_fail_their_step_alone() {
        let pool = pool(1, 10);
        assert_eq!(
            pool.examine(vec![(vec![1], 0.0), (vec![254], 1.0)]).unwrap_err(),
            Unexamined::Damaged
        );
        assert_eq!(pool.examine(vec![(vec![255], 0.0)]).unwrap_err(), Unexamined::Failed);
        assert!(pool.examine(vec![(vec![1], 0.0)]).is_ok());
    }

    #[test]
    fn frames_are_examined_as_frames_and_photos_as_photos() {
        let pool = pool(1, 10);
        assert!(pool.examine(vec![(vec![1], 0.0)]).is_ok());
        assert_eq!(
            pool.examine_frames(vec![(vec![1], 0.0)]).unwrap_err(),
            Unexamined::Damaged
        );
    }

    #[test]
    fn a_photo_may_be_what_no_frame_is() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let examiner = match load_examiner(&Store::from_environment(&root)) {
            Ok(examiner) => examiner,
            Err(error) => {
                let name = "a_photo_may_be_what_no_frame_is";
                assert!(std::env::var("CI").as_deref() != Ok("true"), "{name}: {error}");
                println!("skipped: {name}: {error}");
                return;
            }
        };
        let picture = |side: u32, format: ImageFormat| {
            let mut bytes = Cursor::new(Vec::new());
            RgbImage::new(side, side).write_to(&mut bytes, format).unwrap();
            bytes.into_inner()
        };
        let frame = |picture: &[u8]| examiner.examine_frame(picture, 0.0).map(drop);
        assert_eq!(frame(&picture(640, ImageFormat::Jpeg)), Ok(()));
        for photo in [
            picture(641, ImageFormat::Jpeg),
            picture(64, ImageFormat::Png),
            picture(64, ImageFormat::WebP),
        ] {
            assert_eq!(frame(&photo), Err(Unexamined::Damaged));
            assert!(Examine::examine(&examiner, &photo, 0.0).is_ok());
        }
    }
}
