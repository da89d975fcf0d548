//! Why a call was not answered, and the problem that the caller is told.

use tanu_protocol::capture::InvalidCapture;
use tanu_protocol::problem::ProblemCode;

use crate::eds::Unsigned;
use crate::host::NoRandomness;
use crate::inference::Unexamined;
use crate::log::Tampered;
use crate::sealing::SealError;
use crate::state_database::Unavailable;
use crate::store::StoreError;

/// Why a call was not answered. Whatever it is, nothing was passed.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The call may not be made, or not now.
    #[error("refused: {}", .0.as_str())]
    Refused(ProblemCode),
    /// The capture is not sound.
    #[error("capture refused: {0}")]
    Capture(#[from] InvalidCapture),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Sealing.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// Randomness.
    #[error(transparent)]
    Random(#[from] NoRandomness),
    /// Signing.
    #[error(transparent)]
    Sign(#[from] Unsigned),
    /// What is stored or sealed is not of the shape in which it was written.
    #[error("a stored record can't be read or written")]
    Record,
    /// The models.
    #[error(transparent)]
    Unexamined(#[from] Unexamined),
    /// The state database.
    #[error(transparent)]
    StateDatabase(#[from] Unavailable),
    /// The register.
    #[error(transparent)]
    Register(#[from] Tampered),
}

impl Failure {
    /// The problem that the caller is told.
    #[must_use]
    pub fn code(&self) -> ProblemCode {
        match self {
            Self::Refused(code) => *code,
            Self::Capture(invalid) => match invalid {
                InvalidCapture::TooLarge => ProblemCode::TooLarge,
                InvalidCapture::Malformed | InvalidCapture::FrameCount | InvalidCapture::FrameSize => {
                    ProblemCode::CaptureMalformed
                }
                InvalidCapture::WrongNonce => ProblemCode::CaptureNonce,
                InvalidCapture::Order | InvalidCapture::Duplicate | InvalidCapture::BrokenChain => {
                    ProblemCode::CaptureBroken
                }
            },
            Self::Store(StoreError::Taken) => ProblemCode::Conflict,
            Self::Store(StoreError::Closed) => ProblemCode::SessionState,
            Self::Store(StoreError::Database(_) | StoreError::Changed) | Self::Random(_) | Self::StateDatabase(_) => {
                ProblemCode::TryLater
            }
            Self::Unexamined(Unexamined::Full) | Self::Sign(Unsigned::Expired { .. }) => ProblemCode::TryLater,
            Self::Unexamined(Unexamined::Damaged) => ProblemCode::CaptureMalformed,
            Self::Unexamined(Unexamined::Failed)
            | Self::Store(StoreError::Malformed)
            | Self::Seal(_)
            | Self::Sign(Unsigned::Content(_))
            | Self::Record
            | Self::Register(_) => ProblemCode::Internal,
        }
    }
}

/// Shorthand for a refusal.
pub(crate) const fn refused<T>(code: ProblemCode) -> Result<T, Failure> {
    Err(Failure::Refused(code))
}
