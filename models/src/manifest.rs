//! `models.toml` as checked values.

use std::fmt;
use std::sync::LazyLock;

use serde::Deserialize;

use crate::digest::Sha256Digest;

/// A model that the code asks for. Each has exactly one entry in the manifest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ModelId {
    /// Face detection with five key points (YuNet).
    YunetN320,
    /// The 468-point face mesh (MediaPipe).
    FaceLandmarks468,
    /// Eye open or closed (Open Model Zoo).
    OpenClosedEye,
    /// Face embedding (EdgeFace-XS).
    EdgefaceXs,
    /// Passive presentation-attack score, crop of 2.7 face boxes.
    MinifasnetV2,
    /// Passive presentation-attack score, crop of 4.0 face boxes.
    MinifasnetV1Se,
}

impl ModelId {
    /// Every model, in the manifest's order.
    pub const ALL: [Self; 6] = [
        Self::YunetN320,
        Self::FaceLandmarks468,
        Self::OpenClosedEye,
        Self::EdgefaceXs,
        Self::MinifasnetV2,
        Self::MinifasnetV1Se,
    ];

    /// The models that guide the citizen in the browser: all that needs neither an embedding nor an attack score, which
    /// only the matcher computes.
    pub const GUIDANCE: [Self; 3] = [Self::YunetN320, Self::FaceLandmarks468, Self::OpenClosedEye];

    /// The entry's `id` in the manifest.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::YunetN320 => "yunet_n_320",
            Self::FaceLandmarks468 => "face_landmarks_468",
            Self::OpenClosedEye => "open_closed_eye",
            Self::EdgefaceXs => "edgeface_xs",
            Self::MinifasnetV2 => "minifasnet_v2_2.7",
            Self::MinifasnetV1Se => "minifasnet_v1se_4.0",
        }
    }
}

impl fmt::Display for ModelId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// How the file that the manifest describes comes to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// The source's own file: it can be downloaded from this `https` address.
    Download(String),
    /// Made from the source's file by this conversion: it cannot be downloaded as it is.
    Converted(String),
}

/// What the manifest says of one model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Model {
    /// Which model.
    pub id: ModelId,
    /// The file's name, without a directory.
    pub file: String,
    /// The digest that the file must have.
    pub sha256: Sha256Digest,
    /// The file's size in bytes, greater than zero.
    pub bytes: u64,
    /// What it computes.
    pub task: String,
    /// The input tensor: shape, colour order, range, crop.
    pub input: String,
    /// The output tensors.
    pub output: String,
    /// Licence of the weights.
    pub licence: String,
    /// Repository and file that it came from.
    pub source: String,
    /// Downloadable as it is, or converted.
    pub origin: Origin,
}

/// The manifest: one entry for each [`ModelId`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest([Model; ModelId::ALL.len()]);

impl Manifest {
    /// The manifest that this crate was built with.
    ///
    /// # Errors
    /// Where `models.toml` breaks a rule of [`Manifest::parse`]. A test of this crate holds that it doesn't.
    pub fn built_in() -> Result<&'static Self, ManifestError> {
        static BUILT_IN: LazyLock<Result<Manifest, ManifestError>> =
            LazyLock::new(|| Manifest::parse(include_str!("../models.toml")));
        BUILT_IN.as_ref().map_err(Clone::clone)
    }

    /// Reads a manifest.
    ///
    /// # Errors
    /// Where the text is not TOML of this shape, an entry breaks a rule of its fields, a model has no entry or two, or an
    /// entry is of no known model.
    pub fn parse(text: &str) -> Result<Self, ManifestError> {
        let raw: RawManifest = toml::from_str(text).map_err(|error| ManifestError::Syntax(error.to_string()))?;
        if let Some(stranger) = raw
            .model
            .iter()
            .find(|model| ModelId::ALL.iter().all(|id| id.name() != model.id))
        {
            return Err(ManifestError::Unknown(stranger.id.clone()));
        }
        let models = ModelId::ALL
            .into_iter()
            .map(|id| {
                let mut entries = raw.model.iter().filter(|model| model.id == id.name());
                match (entries.next(), entries.next()) {
                    (Some(entry), None) => entry.check(id),
                    (None, _) => Err(ManifestError::Missing(id)),
                    (Some(_), Some(_)) => Err(ManifestError::Twice(id)),
                }
            })
            .collect::<Result<Vec<_>, _>>()?;
        // One entry was found for each of `ALL`, so the lengths agree.
        let models = models
            .try_into()
            .map_err(|_| ManifestError::Syntax("entries were lost".to_owned()))?;
        Ok(Self(models))
    }

    /// The entry of a model.
    #[must_use]
    pub fn get(&self, id: ModelId) -> &Model {
        // `parse` fills the array in the order of `ALL`, which is the order of the variants.
        &self.0[id as usize]
    }

    /// All entries, in the order of [`ModelId::ALL`].
    pub fn iter(&self) -> impl Iterator<Item = &Model> {
        self.0.iter()
    }
}

/// Why a text is no manifest.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ManifestError {
    /// Not TOML, or fields are missing or unknown.
    #[error("the manifest of models is not well formed: {0}")]
    Syntax(String),
    /// An `id` that the code does not know.
    #[error("the manifest of models has an entry `{0}` that the code does not know")]
    Unknown(String),
    /// A model without an entry.
    #[error("the manifest of models has no entry `{0}`")]
    Missing(ModelId),
    /// A model with more than one entry.
    #[error("the manifest of models has two entries `{0}`")]
    Twice(ModelId),
    /// A field's value is not allowed.
    #[error("the manifest's entry `{id}`: {rule}")]
    Entry {
        /// Of which model.
        id: ModelId,
        /// The rule that is broken.
        rule: &'static str,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawManifest {
    model: Vec<RawModel>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawModel {
    id: String,
    file: String,
    sha256: String,
    bytes: u64,
    task: String,
    input: String,
    output: String,
    licence: String,
    source: String,
    conversion: Option<String>,
    url: Option<String>,
}

impl RawModel {
    fn check(&self, id: ModelId) -> Result<Model, ManifestError> {
        let fail = |rule| Err(ManifestError::Entry { id, rule });
        let Ok(sha256) = self.sha256.parse() else {
            return fail("`sha256` must be 64 lower-case hexadecimal digits");
        };
        if self.file.is_empty() || self.file.starts_with('.') || self.file.contains(['/', '\\']) {
            return fail("`file` must be a plain file name");
        }
        if self.bytes == 0 {
            return fail("`bytes` must be greater than zero");
        }
        if [&self.task, &self.input, &self.output, &self.licence, &self.source]
            .iter()
            .any(|text| text.trim().is_empty())
        {
            return fail("`task`, `input`, `output`, `licence` and `source` must say something");
        }
        let origin = match (&self.url, &self.conversion) {
            (Some(url), None) if url.starts_with("https://") => Origin::Download(url.clone()),
            (Some(_), None) => return fail("`url` must be an https address"),
            (None, Some(conversion)) => Origin::Converted(conversion.clone()),
            _ => return fail("either `url` or `conversion` must be there, not both: a converted file has no address"),
        };
        Ok(Model {
            id,
            file: self.file.clone(),
            sha256,
            bytes: self.bytes,
            task: self.task.clone(),
            input: self.input.clone(),
            output: self.output.clone(),
            licence: self.licence.clone(),
            source: self.source.clone(),
            origin,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text() -> &'static str {
        include_str!("../models.toml")
    }

    #[test]
    fn the_built_in_manifest_has_each_model_under_its_name() {
        let manifest = Manifest::built_in().unwrap();
        for id in ModelId::ALL {
            assert_eq!(manifest.get(id).id, id);
            assert_eq!(manifest.get(id).file, format!("{id}.onnx"));
        }
    }

    #[test]
    fn an_entry_too_few_too_many_or_unknown_is_refused() {
        let first_two: Vec<&str> = text().split("[[model]]").collect();
        let missing = text().replace(&format!("[[model]]{}", first_two[1]), "");
        assert_eq!(
            Manifest::parse(&missing),
            Err(ManifestError::Missing(ModelId::YunetN320))
        );
        let twice = format!("{}[[model]]{}", text(), first_two[1]);
        assert_eq!(Manifest::parse(&twice), Err(ManifestError::Twice(ModelId::YunetN320)));
        let unknown = text().replace("\"open_closed_eye\"", "\"third_eye\"");
        assert_eq!(
            Manifest::parse(&unknown),
            Err(ManifestError::Unknown("third_eye".to_owned()))
        );
    }

    #[test]
    fn fields_out_of_their_rules_are_refused() {
        for (from, to) in [
            ("sha256 = \"81", "sha256 = \"8"),
            ("bytes = 317434", "bytes = 0"),
            ("file = \"yunet", "file = \"../yunet"),
            ("url = \"https://github.com/Shiqi", "url = \"http://github.com/Shiqi"),
            ("licence = \"MIT; trained on WIDER FACE\"", "licence = \"\""),
            (
                "conversion = \"The PyTorch checkpoint was",
                "url = \"https://x\"\nconversion = \"The PyTorch checkpoint was",
            ),
        ] {
            let broken = text().replacen(from, to, 1);
            assert_ne!(broken, text(), "{from}");
            assert!(
                matches!(Manifest::parse(&broken), Err(ManifestError::Entry { .. })),
                "{to}"
            );
        }
        assert!(matches!(Manifest::parse("model = 1"), Err(ManifestError::Syntax(_))));
    }
}
