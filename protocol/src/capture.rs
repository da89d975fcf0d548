//! The frames that answer one step: JPEG pictures with times, bound to the step by a chain of hashes.
//!
//! Encoded as CBOR (RFC 8949). The chain starts from the step's nonce and transaction, and each link takes in the next
//! frame's sequence number, time and picture; the last link, the *head*, is sent with the frames. Frames that are altered,
//! left out, doubled, exchanged or taken from another step give another head.

use serde::{Deserialize, Serialize};

use crate::digest::{Nonce, Sha256Digest, TransactionHash};

/// Media type of an encoded [`StepCapture`].
pub const MEDIA_TYPE: &str = "application/vnd.tanu.capture+cbor";
/// The most frames that a step may have.
pub const MOST_FRAMES: usize = 96;
/// The most bytes of one frame's JPEG.
pub const MOST_FRAME_BYTES: usize = 256 * 1024;
/// The most bytes of an encoded [`StepCapture`].
pub const MOST_CAPTURE_BYTES: usize = 6 * 1024 * 1024;

/// One frame as the camera gave it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct CapturedFrame {
    /// Counts from 0 within the step.
    #[serde(rename = "n")]
    pub sequence: u32,
    /// Microseconds since the browser showed the step. Reported by the browser: checked for order and plausibility only.
    #[serde(rename = "t")]
    pub time_us: u64,
    /// The picture as JPEG, as taken, not mirrored.
    #[serde(rename = "j", with = "serde_bytes")]
    #[cfg_attr(feature = "openapi", schemars(with = "crate::openapi::schema::Jpeg"))]
    pub jpeg: Vec<u8>,
}

/// The frames of one step, in order, and the head of their chain.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct StepCapture {
    /// The step's nonce.
    pub nonce: Nonce,
    /// What the browser says of its camera. It can speak against the session, never for it.
    pub camera: ClientReportedCamera,
    /// The frames, by sequence.
    #[cfg_attr(feature = "openapi", schemars(length(min = 1, max = MOST_FRAMES)))]
    pub frames: Vec<CapturedFrame>,
    /// Head of the chain over the frames.
    pub head: Sha256Digest,
}

/// The kind of camera, as the browser reports it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ClientReportedCamera {
    /// A device.
    Device,
    /// A stream made by a page or program: a canvas, a virtual camera.
    Virtual,
}

/// Why a capture was not accepted: a fault of the transfer or of whoever sent it, not of the citizen's answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidCapture {
    /// More than [`MOST_CAPTURE_BYTES`].
    #[error("the capture is larger than {MOST_CAPTURE_BYTES} bytes")]
    TooLarge,
    /// Not CBOR of this shape, or a frame that is no JPEG.
    #[error("the capture can't be decoded")]
    Malformed,
    /// Made for another step.
    #[error("the capture's nonce is not the step's")]
    WrongNonce,
    /// No frame, or more than [`MOST_FRAMES`].
    #[error("a capture has 1 to {MOST_FRAMES} frames")]
    FrameCount,
    /// A frame without bytes or with more than [`MOST_FRAME_BYTES`].
    #[error("a frame has 1 to {MOST_FRAME_BYTES} bytes")]
    FrameSize,
    /// Sequence numbers that don't count from 0, times that don't grow, or frames taken after they arrived.
    #[error("frames are not in order")]
    Order,
    /// The same picture twice.
    #[error("a frame is repeated")]
    Duplicate,
    /// The head does not follow from the frames.
    #[error("the chain of the frames is broken")]
    BrokenChain,
}

/// The chain over the frames of one step, as far as it has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chain(Sha256Digest);

impl Chain {
    /// The chain of a step before its first frame.
    #[must_use]
    pub fn start(transaction: &TransactionHash, nonce: &Nonce) -> Self {
        Self(Sha256Digest::of_parts(
            "tanu/capture/1",
            &[transaction.as_bytes(), nonce.as_bytes()],
        ))
    }

    /// The chain after one more frame.
    #[must_use]
    pub fn extend(&self, frame: &CapturedFrame) -> Self {
        Self(Sha256Digest::of_parts(
            "tanu/frame/1",
            &[
                self.0.as_bytes(),
                &frame.sequence.to_be_bytes(),
                &frame.time_us.to_be_bytes(),
                Sha256Digest::of(&frame.jpeg).as_bytes(),
            ],
        ))
    }

    /// The last link.
    #[must_use]
    pub const fn head(&self) -> Sha256Digest {
        self.0
    }
}

impl StepCapture {
    /// Binds frames to a step.
    #[must_use]
    pub fn seal(
        transaction: &TransactionHash,
        nonce: Nonce,
        camera: ClientReportedCamera,
        frames: Vec<CapturedFrame>,
    ) -> Self {
        let head = chain_over(transaction, &nonce, &frames);
        Self {
            nonce,
            camera,
            frames,
            head,
        }
    }

    /// Encodes as CBOR.
    ///
    /// # Errors
    /// [`InvalidCapture::TooLarge`] where the result passes [`MOST_CAPTURE_BYTES`].
    pub fn encode(&self) -> Result<Vec<u8>, InvalidCapture> {
        let mut bytes = Vec::new();
        ciborium::into_writer(self, &mut bytes).map_err(|_| InvalidCapture::Malformed)?;
        if bytes.len() > MOST_CAPTURE_BYTES {
            Err(InvalidCapture::TooLarge)
        } else {
            Ok(bytes)
        }
    }

    /// Decodes a capture and checks it against the step that it answers: caps first, then nonce, order and chain.
    ///
    /// # Errors
    /// The first of [`InvalidCapture`] that applies.
    pub fn decode(bytes: &[u8], transaction: &TransactionHash, nonce: &Nonce) -> Result<Self, InvalidCapture> {
        if bytes.len() > MOST_CAPTURE_BYTES {
            return Err(InvalidCapture::TooLarge);
        }
        let capture: Self = ciborium::from_reader(bytes).map_err(|_| InvalidCapture::Malformed)?;
        if capture.nonce != *nonce {
            return Err(InvalidCapture::WrongNonce);
        }
        if capture.frames.is_empty() || capture.frames.len() > MOST_FRAMES {
            return Err(InvalidCapture::FrameCount);
        }
        if capture
            .frames
            .iter()
            .any(|frame| frame.jpeg.is_empty() || frame.jpeg.len() > MOST_FRAME_BYTES)
        {
            return Err(InvalidCapture::FrameSize);
        }
        let counted = (0u32..).zip(&capture.frames).all(|(n, frame)| frame.sequence == n);
        let forward = capture.frames.windows(2).all(|pair| pair[0].time_us < pair[1].time_us);
        if !counted || !forward {
            return Err(InvalidCapture::Order);
        }
        if chain_over(transaction, nonce, &capture.frames) != capture.head {
            return Err(InvalidCapture::BrokenChain);
        }
        let mut pictures: Vec<&[u8]> = capture.frames.iter().map(|frame| frame.jpeg.as_slice()).collect();
        pictures.sort_unstable();
        if pictures.windows(2).any(|pair| pair[0] == pair[1]) {
            return Err(InvalidCapture::Duplicate);
        }
        Ok(capture)
    }
}

fn chain_over(transaction: &TransactionHash, nonce: &Nonce, frames: &[CapturedFrame]) -> Sha256Digest {
    frames
        .iter()
        .fold(Chain::start(transaction, nonce), |chain, frame| chain.extend(frame))
        .head()
}

impl std::fmt::Debug for CapturedFrame {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CapturedFrame")
            .field("sequence", &self.sequence)
            .finish_non_exhaustive()
    }
}

impl std::fmt::Debug for StepCapture {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StepCapture")
            .field("frames", &self.frames.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TRANSACTION: TransactionHash = TransactionHash::from_bytes([1; 32]);
    const NONCE: Nonce = Nonce::from_bytes([2; 32]);

    fn frames() -> Vec<CapturedFrame> {
        (0..5u8)
            .map(|n| CapturedFrame {
                sequence: n.into(),
                time_us: u64::from(n) * 100_000,
                jpeg: vec![n + 1; 20],
            })
            .collect()
    }

    fn sealed(frames: Vec<CapturedFrame>) -> StepCapture {
        StepCapture::seal(&TRANSACTION, NONCE, ClientReportedCamera::Device, frames)
    }

    fn decode(capture: &StepCapture) -> Result<StepCapture, InvalidCapture> {
        StepCapture::decode(&capture.encode().unwrap(), &TRANSACTION, &NONCE)
    }

    #[test]
    fn an_untouched_capture_is_accepted() {
        let capture = sealed(frames());
        assert_eq!(decode(&capture), Ok(capture));
    }

    #[test]
    fn frames_altered_left_out_or_reordered_break_the_chain() {
        let mut altered = sealed(frames());
        altered.frames[2].jpeg[0] ^= 1;
        assert_eq!(decode(&altered), Err(InvalidCapture::BrokenChain));

        let mut shorter = sealed(frames());
        shorter.frames.pop();
        assert_eq!(decode(&shorter), Err(InvalidCapture::BrokenChain));

        let mut swapped = sealed(frames());
        swapped.frames.swap(1, 2);
        assert_eq!(decode(&swapped), Err(InvalidCapture::Order));
    }

    #[test]
    fn a_repeated_picture_is_refused_even_in_a_sound_chain() {
        let mut repeated = frames();
        repeated[4].jpeg = repeated[1].jpeg.clone();
        assert_eq!(decode(&sealed(repeated)), Err(InvalidCapture::Duplicate));
    }

    #[test]
    fn a_capture_of_another_step_or_transaction_is_refused() {
        let bytes = sealed(frames()).encode().unwrap();
        let other_nonce = Nonce::from_bytes([3; 32]);
        assert_eq!(
            StepCapture::decode(&bytes, &TRANSACTION, &other_nonce),
            Err(InvalidCapture::WrongNonce)
        );
        let other_transaction = TransactionHash::from_bytes([9; 32]);
        assert_eq!(
            StepCapture::decode(&bytes, &other_transaction, &NONCE),
            Err(InvalidCapture::BrokenChain)
        );
    }

    #[test]
    fn caps_on_count_and_size_hold() {
        assert_eq!(decode(&sealed(vec![])), Err(InvalidCapture::FrameCount));
        let mut huge = frames();
        huge[0].jpeg = vec![0; MOST_FRAME_BYTES + 1];
        assert_eq!(decode(&sealed(huge)), Err(InvalidCapture::FrameSize));
        let endless = vec![0; MOST_CAPTURE_BYTES + 1];
        assert_eq!(
            StepCapture::decode(&endless, &TRANSACTION, &NONCE),
            Err(InvalidCapture::TooLarge)
        );
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_decoder_panic(bytes: Vec<u8>) {
            let _ = StepCapture::decode(&bytes, &TRANSACTION, &NONCE);
        }

        #[test]
        fn any_cut_of_a_capture_is_refused(keep in 0usize..200) {
            let bytes = sealed(frames()).encode().unwrap();
            prop_assume!(keep < bytes.len());
            prop_assert!(StepCapture::decode(&bytes[..keep], &TRANSACTION, &NONCE).is_err());
        }
    }
}
