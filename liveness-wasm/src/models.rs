//! The models that guide the citizen, as the page may ask for them: `<sha256>.onnx` under the folder of models.

/// A model that the engine fetches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GuidanceModel {
    /// SHA-256 of the file, in hexadecimal digits: its name, and what its bytes are checked against.
    pub sha256: &'static str,
    /// Size in bytes.
    pub bytes: u64,
}

impl GuidanceModel {
    /// The file's name under the folder of models. Named by content, so it may be cached for ever.
    #[must_use]
    pub fn file_name(&self) -> String {
        format!("{}.onnx", self.sha256)
    }
}

/// The face detector, the face mesh, the eye classifier, in this order; a test holds them equal to the manifest of models.
pub const GUIDANCE_MODELS: [GuidanceModel; 3] = [
    GuidanceModel {
        sha256: "81dbde155e982455488235acb8ec2dec5d647edf7cf7080d33e4abb69b93a0d2",
        bytes: 317_434,
    },
    GuidanceModel {
        sha256: "2ece916c568172aafde5d8beaf0198c65b10691a618e551c4b1015a32116e326",
        bytes: 2_432_529,
    },
    GuidanceModel {
        sha256: "4daa100034482525a26c9afb9297c16580a531189e66e3d2b2ac7d32becfd593",
        bytes: 46_164,
    },
];

#[cfg(test)]
mod tests {
    use tanu_models::{Manifest, ModelId};

    use super::*;

    #[test]
    fn the_models_are_those_of_the_manifest() {
        for (model, id) in GUIDANCE_MODELS.iter().zip(ModelId::GUIDANCE) {
            let entry = Manifest::built_in().unwrap().get(id);
            assert_eq!(
                (model.sha256, model.bytes),
                (entry.sha256.to_string().as_str(), entry.bytes)
            );
        }
    }
}
