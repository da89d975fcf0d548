//! What a camera is, and why there is none: as the browser tells it.

use tanu_liveness_wasm::message::Failure;
use tanu_protocol::capture::ClientReportedCamera;
use tanu_protocol::language::Language;
use tanu_protocol::problem::ProblemCode;

use crate::text::Text;

/// Why the camera's screen can't go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CameraTrouble {
    /// Not allowed, by the citizen or by a policy.
    Refused,
    /// There is none.
    Missing,
    /// Another program has it.
    Busy,
    /// The browser gives none to this page.
    Unsupported,
    /// It stopped while it was used.
    Stopped,
    /// The page stopped it, because the citizen left.
    Left,
    /// It is not a device (BNK-7).
    Virtual,
    /// The browser gives no reason that is known.
    Other,
    /// The engine that guides can't go on.
    Engine(Failure),
}

impl CameraTrouble {
    /// The trouble that the name of a `getUserMedia` exception stands for (W3C Media Capture and Streams, 9.2).
    #[must_use]
    pub fn of_exception(name: &str) -> Self {
        match name {
            "NotAllowedError" | "SecurityError" => Self::Refused,
            "NotFoundError" | "OverconstrainedError" => Self::Missing,
            "NotReadableError" | "AbortError" => Self::Busy,
            "TypeError" | "NotSupportedError" => Self::Unsupported,
            _ => Self::Other,
        }
    }

    /// What is wrong, and what to do now.
    #[must_use]
    pub fn text(self, language: Language) -> (String, String) {
        let (title, remedy) = match self {
            Self::Virtual => return ProblemCode::CameraVirtual.text(language),
            Self::Refused => (Text::TroubleRefused, Text::TroubleRefusedRemedy),
            Self::Missing => (Text::TroubleMissing, Text::TroubleMissingRemedy),
            Self::Busy => (Text::TroubleBusy, Text::TroubleBusyRemedy),
            Self::Unsupported => (Text::TroubleUnsupported, Text::TroubleUnsupportedRemedy),
            Self::Stopped => (Text::TroubleStopped, Text::TroubleStoppedRemedy),
            Self::Left => (Text::TroubleLeft, Text::TroubleLeftRemedy),
            Self::Other => (Text::TroubleOther, Text::TroubleOtherRemedy),
            Self::Engine(Failure::Download) => (Text::TroubleEngineDownload, Text::TroubleEngineDownloadRemedy),
            Self::Engine(Failure::Integrity) => (Text::TroubleEngineIntegrity, Text::TroubleEngineIntegrityRemedy),
            Self::Engine(Failure::Unsupported) => {
                (Text::TroubleEngineUnsupported, Text::TroubleEngineUnsupportedRemedy)
            }
            Self::Engine(Failure::Engine) => (Text::TroubleEngineFailed, Text::TroubleEngineFailedRemedy),
        };
        (title.get(language).to_owned(), remedy.get(language).to_owned())
    }

    /// Where the remedy is found, from one browser and device to the other.
    #[must_use]
    pub const fn places(self) -> &'static [Text] {
        match self {
            Self::Refused => &[
                Text::TroubleRefusedAddress,
                Text::TroubleRefusedIphone,
                Text::TroubleRefusedDevice,
            ],
            _ => &[],
        }
    }
}

/// What the browser says of a video track.
#[derive(Clone, Copy, Debug)]
pub struct Track<'a> {
    /// Name of the track's class: `MediaStreamTrack`, or `CanvasCaptureMediaStreamTrack` for a canvas.
    pub class: &'a str,
    /// `deviceId` of the track's settings.
    pub device_id: Option<&'a str>,
    /// Label.
    pub label: &'a str,
}

impl Track<'_> {
    /// Words in the labels of the usual programs that play a camera.
    const PROGRAMS: [&'static str; 9] = [
        "virtual",
        "fake_device",
        "manycam",
        "snap camera",
        "splitcam",
        "xsplit",
        "camtwist",
        "dummy video device",
        "v4l2loopback",
    ];

    /// Device or program (BNK-7). Whoever wants to hide a program can: this speaks against a stream, never for it.
    #[must_use]
    pub fn kind(self) -> ClientReportedCamera {
        let label = self.label.to_lowercase();
        let device = self.class != "CanvasCaptureMediaStreamTrack"
            && self.device_id.is_some_and(|id| !id.is_empty())
            && !Self::PROGRAMS.iter().any(|program| label.contains(program));
        if device {
            ClientReportedCamera::Device
        } else {
            ClientReportedCamera::Virtual
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bnk_7_streams_of_pages_and_programs_are_told_from_devices() {
        let device = Track {
            class: "MediaStreamTrack",
            device_id: Some("a1"),
            label: "HD Webcam (04f2:b6d9)",
        };
        assert_eq!(device.kind(), ClientReportedCamera::Device);
        for track in [
            Track {
                class: "CanvasCaptureMediaStreamTrack",
                ..device
            },
            Track {
                device_id: None,
                ..device
            },
            Track {
                device_id: Some(""),
                ..device
            },
            Track {
                label: "OBS Virtual Camera",
                ..device
            },
            Track {
                label: "fake_device_0",
                ..device
            },
        ] {
            assert_eq!(track.kind(), ClientReportedCamera::Virtual, "{track:?}");
        }
    }

    #[test]
    fn every_trouble_has_a_reason_and_a_remedy() {
        let engine = Failure::ALL.map(CameraTrouble::Engine);
        let names = [
            "NotAllowedError",
            "NotFoundError",
            "NotReadableError",
            "TypeError",
            "WhatIsThisError",
        ];
        let mut seen = std::collections::HashSet::new();
        let troubles = names.map(CameraTrouble::of_exception).into_iter().chain(engine);
        for trouble in troubles.chain([CameraTrouble::Stopped, CameraTrouble::Left, CameraTrouble::Virtual]) {
            for language in Language::ALL {
                assert!(
                    seen.insert(trouble.text(language)),
                    "{trouble:?} reads as another trouble in {language:?}"
                );
            }
        }
    }
}
