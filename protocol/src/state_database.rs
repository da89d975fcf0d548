//! The port to the state database "Жеке тұлғалар" (NBS-9): the reference photo and the identity document of one citizen.
//!
//! Reached by the matcher alone, over the authenticated [`channel`](crate::channel). The IIN travels in the body, never in
//! the address. There is no query by face and none for lists.

use serde::{Deserialize, Serialize};

use crate::digest::TransactionHash;
use crate::identity::IdentityDocument;
use crate::iin::Iin;

/// Path of the query, by POST.
pub const INDIVIDUAL_PATH: &str = "/state/individuals/v1/reference";

/// The most bytes of a reference photo's file: 5 MiB.
pub const MOST_PHOTO_BYTES: usize = 5 * 1024 * 1024;

/// The most pixels along one side of a reference photo.
pub const MOST_PHOTO_SIDE: u32 = 8000;

/// The most pixels of a reference photo, width × height: 24 megapixels.
pub const MOST_PHOTO_PIXELS: u64 = 24_000_000;

/// Asks for one citizen's reference.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct ReferenceQuery {
    /// Whose.
    pub iin: Iin,
    /// The session in which it is needed.
    pub transaction: TransactionHash,
}

/// The answer to a [`ReferenceQuery`].
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(tag = "result", rename_all = "snake_case")]
pub enum ReferenceAnswer {
    /// The citizen is known.
    Found {
        /// The photo as JPEG, PNG or WebP, base64: a whole file of at most 5 MiB, 8000 pixels a side and 24 megapixels in all
        /// ([`MOST_PHOTO_BYTES`], [`MOST_PHOTO_SIDE`], [`MOST_PHOTO_PIXELS`]). What is larger can't be compared with.
        #[serde(with = "crate::base64_bytes")]
        #[cfg_attr(feature = "openapi", schemars(with = "crate::openapi::schema::Base64"))]
        photo: Vec<u8>,
        /// The document on which the photo is.
        document: IdentityDocument,
    },
    /// Nobody with this IIN, or no photo.
    NotFound,
}

impl std::fmt::Debug for ReferenceAnswer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Found { .. } => "Found(…)",
            Self::NotFound => "NotFound",
        })
    }
}
