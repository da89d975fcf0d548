//! One instruction at a time: what the engine sees in each frame, calmed down to what a person can follow.

use tanu_liveness::guidance::{Guidance, Hint, Phase};
use tanu_protocol::challenge::Command;

use crate::text::Text;
use crate::wording;

/// How long an instruction stays at least, in milliseconds, before another one of the same phase takes its place: time to
/// read it, and for a screen reader to begin with it.
const STAYS_MS: f64 = 900.0;
/// For how long one face must be well placed before a run is begun, in milliseconds.
const STEADY_MS: f64 = 1_000.0;

/// What is said and drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Instruction {
    /// The words.
    pub text: Text,
    /// Whether the command's moving picture is shown.
    pub picture: bool,
    /// Fill of the ring, 0 to 1.
    pub ring: f32,
    /// Name of the phase, for tests and styles.
    pub phase: &'static str,
}

/// The guide through a preview or a step.
#[derive(Clone, Debug)]
pub struct Guide {
    command: Option<Command>,
    instruction: Instruction,
    since_ms: f64,
    well_since_ms: Option<f64>,
}

impl Guide {
    /// Begins a preview (`None`) or a step.
    #[must_use]
    pub fn new(command: Option<Command>, now_ms: f64) -> Self {
        let text = command.map_or(Text::CameraShowFace, |_| Text::CameraStraight);
        let instruction = Instruction {
            text,
            picture: false,
            ring: 0.0,
            phase: "searching",
        };
        Self {
            command,
            instruction,
            since_ms: now_ms,
            well_since_ms: None,
        }
    }

    /// What is said now.
    #[must_use]
    pub const fn instruction(&self) -> Instruction {
        self.instruction
    }

    /// Takes in what one frame means. True where a preview's face has been well placed for long enough.
    pub fn see(&mut self, guidance: &Guidance, t_ms: f64) -> bool {
        let well = self.command.is_none() && guidance.phase == Phase::Done && guidance.hint.is_none();
        self.well_since_ms = well.then(|| self.well_since_ms.unwrap_or(t_ms));
        let steady_ms = self.well_since_ms.map_or(0.0, |since| t_ms - since);
        let next = Instruction {
            text: self.words(guidance),
            picture: matches!(guidance.phase, Phase::Perform { .. }),
            ring: self.ring(guidance, steady_ms),
            phase: phase_name(guidance.phase),
        };
        if next.text != self.instruction.text {
            if next.phase == self.instruction.phase && t_ms - self.since_ms < STAYS_MS {
                self.instruction = Instruction {
                    text: self.instruction.text,
                    ..next
                };
                return steady_ms >= STEADY_MS;
            }
            self.since_ms = t_ms;
        }
        self.instruction = next;
        steady_ms >= STEADY_MS
    }

    fn words(&self, guidance: &Guidance) -> Text {
        match (guidance.hint, guidance.phase, self.command) {
            (Some(hint), ..) => hint_text(hint),
            (None, Phase::Searching, _) => Text::CameraShowFace,
            (None, Phase::Hold, _) | (None, Phase::Perform { .. }, None) => Text::CameraStraight,
            (None, Phase::Perform { .. }, Some(command)) => wording::command(command),
            (None, Phase::Return, _) => Text::CameraBack,
            (None, Phase::Done, Some(_)) => Text::CameraDone,
            (None, Phase::Done, None) => Text::CameraWell,
        }
    }

    #[expect(
        clippy::cast_possible_truncation,
        reason = "a share of the ring needs no more digits"
    )]
    fn ring(&self, guidance: &Guidance, steady_ms: f64) -> f32 {
        match guidance.phase {
            Phase::Searching | Phase::Hold => 0.0,
            // The way there is nearly all of it; the way back the rest.
            Phase::Perform { progress } => 0.9 * progress.clamp(0.0, 1.0),
            Phase::Return => 0.9,
            Phase::Done if self.command.is_some() => 1.0,
            Phase::Done => (steady_ms / STEADY_MS).min(1.0) as f32,
        }
    }
}

const fn hint_text(hint: Hint) -> Text {
    match hint {
        Hint::NoFace => Text::CameraShowFace,
        Hint::SeveralFaces => Text::CameraOneFace,
        Hint::TooDark => Text::CameraBrighter,
        Hint::TooBright => Text::CameraDarker,
        Hint::ComeCloser => Text::CameraCloser,
        Hint::MoveBack => Text::CameraFarther,
        Hint::Centre => Text::CameraCentre,
        Hint::LookStraight => Text::CameraStraight,
        Hint::Blurred => Text::CameraSharper,
        Hint::HoldStill => Text::CameraHoldStill,
        Hint::CloseMouth => Text::CameraCloseMouth,
        Hint::OpenEyes => Text::CameraOpenEyes,
        Hint::OtherDirection => Text::CameraOtherDirection,
        Hint::OtherMovement => Text::CameraOtherMovement,
    }
}

const fn phase_name(phase: Phase) -> &'static str {
    match phase {
        Phase::Searching => "searching",
        Phase::Hold => "hold",
        Phase::Perform { .. } => "perform",
        Phase::Return => "return",
        Phase::Done => "done",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(phase: Phase) -> Guidance {
        Guidance { phase, hint: None }
    }

    fn hinted(hint: Hint) -> Guidance {
        Guidance {
            phase: Phase::Searching,
            hint: Some(hint),
        }
    }

    #[test]
    fn a_face_must_stay_well_placed_for_a_second_without_a_break() {
        let mut guide = Guide::new(None, 0.0);
        assert!(!guide.see(&at(Phase::Done), 100.0));
        assert!(!guide.see(&at(Phase::Done), 900.0));
        assert!(!guide.see(&hinted(Hint::SeveralFaces), 1_000.0));
        assert!(!guide.see(&at(Phase::Done), 1_200.0));
        assert!(!guide.see(&at(Phase::Done), 2_100.0));
        assert!(guide.see(&at(Phase::Done), 2_200.0));
    }

    #[test]
    fn hints_do_not_flicker() {
        let mut guide = Guide::new(None, 0.0);
        guide.see(&hinted(Hint::ComeCloser), 1_000.0);
        guide.see(&hinted(Hint::Centre), 1_100.0);
        assert_eq!(guide.instruction().text, Text::CameraCloser);
        guide.see(&hinted(Hint::Centre), 1_950.0);
        assert_eq!(guide.instruction().text, Text::CameraCentre);
    }

    #[test]
    fn a_new_phase_is_told_at_once_and_the_command_only_when_it_may_be_done() {
        let mut guide = Guide::new(Some(Command::LookUp), 0.0);
        guide.see(&at(Phase::Hold), 10.0);
        assert_eq!(
            (guide.instruction().text, guide.instruction().picture),
            (Text::CameraStraight, false)
        );
        guide.see(&at(Phase::Perform { progress: 0.5 }), 40.0);
        assert_eq!(
            (guide.instruction().text, guide.instruction().picture),
            (Text::CommandLookUp, true)
        );
        assert!((guide.instruction().ring - 0.45).abs() < 1e-6);
        guide.see(&at(Phase::Return), 70.0);
        assert_eq!(guide.instruction().text, Text::CameraBack);
        assert!(!guide.see(&at(Phase::Done), 5_000.0), "the end of a step begins no run");
        assert_eq!(guide.instruction().text, Text::CameraDone);
    }
}
