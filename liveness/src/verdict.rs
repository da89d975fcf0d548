//! The verdict over a run: its steps, the passive scores and the sameness of the person over all its frames.

use serde::{Deserialize, Serialize};
use tanu_protocol::challenge::{FEWEST_COMMANDS, Mismatch};
use tanu_protocol::observation::FaceObservation;

use crate::measure::StepReport;
use crate::policy::Policy;

/// The passive scores and similarities of a step's measurable frames.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Scores {
    /// Passive scores of the frontal frames, 0 attack to 1 live: the models know no other pose.
    pub passive: Vec<f32>,
    /// Number of frames that were compared with the anchor.
    pub compared: u32,
    /// Least similarity of a frontal frame to the anchor.
    pub identity_frontal: Option<f32>,
    /// Least similarity of a turned frame to the anchor.
    pub identity_turned: Option<f32>,
    /// Greatest sharpness of a frame.
    pub sharpest: f32,
}

impl Scores {
    pub(crate) fn observe(&mut self, face: &FaceObservation, policy: &Policy) {
        let frontal = face.pose.yaw.abs() <= policy.run.frontal && face.pose.pitch.abs() <= policy.run.frontal;
        self.sharpest = self.sharpest.max(face.quality.sharpness);
        if let Some(passive) = face.passive
            && frontal
        {
            self.passive.push(passive);
        }
        if let Some(similarity) = face.identity {
            self.compared += 1;
            let least = if frontal {
                &mut self.identity_frontal
            } else {
                &mut self.identity_turned
            };
            *least = Some(least.map_or(similarity, |least| least.min(similarity)));
        }
    }
}

/// How far a run came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Course {
    /// Number of commands in the run's plan.
    pub planned: usize,
    /// Number of commands that were shown; those without a report count as late.
    pub shown: usize,
    /// Whether the session ended within the run.
    pub ended: bool,
}

/// What a run amounts to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunReport {
    /// Whether the check is passed.
    pub passed: bool,
    /// Why not, in order, without repetition; empty where it passed.
    pub mismatches: Vec<Mismatch>,
    /// Median of the passive scores, where there are any.
    pub passive: Option<f32>,
    /// Least similarity between a frame and the anchor, where there is any.
    pub identity: Option<f32>,
}

/// Judges a run by the reports of its steps, in order. A run may stop at its first failed step: what was not shown is not late.
///
/// Passes only if every planned step passed, there were at least three (BNK-8a), enough frames have a passive score, every frame
/// that was measured has a similarity, all of them good, and one frame shows the face clearly: where the models did not run, or nothing is left to be
/// compared, nothing passes.
#[must_use]
pub fn judge(course: Course, steps: &[StepReport], policy: &Policy) -> RunReport {
    let mut mismatches: Vec<Mismatch> = steps.iter().flat_map(|step| step.mismatches.iter().copied()).collect();
    let complete = steps.len() >= course.planned.max(FEWEST_COMMANDS);
    let stopped = course.ended || !mismatches.is_empty();
    if course.shown > steps.len() || !(complete || stopped) {
        mismatches.push(Mismatch::Late);
    }

    let run = &policy.run;
    let mut passive: Vec<f32> = steps
        .iter()
        .flat_map(|step| step.scores.passive.iter().copied())
        .collect();
    passive.sort_unstable_by(f32::total_cmp);
    let median = quantile(&passive, 2);
    if median.is_some_and(|median| median < run.passive_median)
        || quantile(&passive, 4).is_some_and(|quartile| quartile < run.passive_quartile)
    {
        mismatches.push(Mismatch::PresentationAttack);
    }

    let frontal = least(steps.iter().filter_map(|step| step.scores.identity_frontal));
    let turned = least(steps.iter().filter_map(|step| step.scores.identity_turned));
    if frontal.is_some_and(|similarity| similarity < run.identity_frontal)
        || turned.is_some_and(|similarity| similarity < run.identity_turned)
    {
        mismatches.push(Mismatch::AnotherPerson);
    }

    let compared: u32 = steps.iter().map(|step| step.scores.compared).sum();
    let uncompared = steps.iter().any(|step| step.scores.compared < step.measured);
    let clear = steps.iter().any(|step| step.key_frames.clearest.is_some());
    let incomparable = complete && mismatches.is_empty() && !clear;
    if passive.len() < run.scored_least as usize || compared < run.scored_least || uncompared || incomparable {
        mismatches.push(Mismatch::TooFewFrames);
    }

    mismatches.sort_unstable();
    mismatches.dedup();
    RunReport {
        passed: mismatches.is_empty() && complete && !course.ended,
        mismatches,
        passive: median,
        identity: least([frontal, turned].into_iter().flatten()),
    }
}

/// Whether a face of a failed run may be what the session's next run is compared with: it is lit, placed and turned so that its
/// similarity to the run's anchor says who it is, and it is the anchor's. A face that smiles will do, unlike for a comparison with
/// a reference.
#[must_use]
pub fn tells_persons_apart(face: &FaceObservation, policy: &Policy) -> bool {
    let (framing, run) = (&policy.framing, &policy.run);
    let quality = &face.quality;
    (framing.brightness_least..=framing.brightness_most).contains(&quality.brightness)
        && quality.contrast >= framing.contrast_least
        && quality.sharpness >= framing.sharpness_least
        && (framing.scale_least..=framing.scale_most).contains(&face.scale)
        && face.pose.yaw.abs() <= run.frontal
        && face.pose.pitch.abs() <= run.frontal
        && face
            .identity
            .is_some_and(|similarity| similarity >= run.identity_frontal)
}

/// The value below which one part in `parts` of the sorted values lies.
fn quantile(sorted: &[f32], parts: usize) -> Option<f32> {
    sorted.get(sorted.len() / parts).copied()
}

fn least(values: impl Iterator<Item = f32>) -> Option<f32> {
    values.min_by(f32::total_cmp)
}

#[cfg(test)]
mod tests {
    use tanu_protocol::challenge::Command;

    use super::*;
    use crate::measure::StepJudge;
    use crate::measure::trajectory::answer;

    const COMMANDS: [Command; 3] = [Command::Blink, Command::TurnLeft, Command::OpenMouth];

    /// A run in which each face is changed by `change`.
    fn run(change: impl Fn(&mut FaceObservation)) -> Vec<StepReport> {
        COMMANDS
            .into_iter()
            .map(|command| {
                let mut judge = StepJudge::new(command, &Policy::default());
                for mut frame in answer(command, 12.0) {
                    change(frame.face.as_mut().unwrap());
                    judge.observe(&frame);
                }
                judge.finish()
            })
            .collect()
    }

    fn verdict(steps: &[StepReport]) -> RunReport {
        judge(whole(), steps, &Policy::default())
    }

    /// A run whose commands were all shown.
    fn whole() -> Course {
        Course {
            planned: COMMANDS.len(),
            shown: COMMANDS.len(),
            ended: false,
        }
    }

    #[test]
    fn bnk_8a_a_run_whose_steps_all_passed_passes() {
        let report = verdict(&run(|_| {}));
        assert_eq!(report.mismatches, []);
        assert!(report.passed);
        assert_eq!((report.passive, report.identity), (Some(0.95), Some(0.8)));
    }

    #[test]
    fn bnk_8b_a_mismatch_with_any_command_fails_the_run() {
        for failed in 0..COMMANDS.len() {
            let mut steps = run(|_| {});
            steps[failed].mismatches = vec![Mismatch::NotPerformed];
            assert_eq!(verdict(&steps).mismatches, [Mismatch::NotPerformed]);
        }
    }

    #[test]
    fn bnk_8a_a_run_that_lacks_a_step_fails() {
        let steps = run(|_| {});
        assert_eq!(verdict(&steps[..2]).mismatches, [Mismatch::Late]);
        // Nor does a shorter plan help.
        for planned in [0, 2] {
            let course = Course {
                planned,
                shown: planned,
                ..whole()
            };
            assert!(!judge(course, &steps[..planned], &Policy::default()).passed);
        }
    }

    #[test]
    fn bnk_8b_a_run_that_stopped_at_a_failed_step_is_not_late() {
        let mut steps = run(|_| {});
        steps[1].mismatches = vec![Mismatch::NotPerformed];
        let course = Course { shown: 2, ..whole() };
        let report = judge(course, &steps[..2], &Policy::default());
        assert_eq!(
            (report.passed, report.mismatches),
            (false, vec![Mismatch::NotPerformed])
        );
        let report = judge(whole(), &steps[..2], &Policy::default());
        assert_eq!(report.mismatches, [Mismatch::NotPerformed, Mismatch::Late]);
    }

    #[test]
    fn a_run_that_broke_off_does_not_pass() {
        let course = Course { ended: true, ..whole() };
        let report = judge(course, &run(|_| {}), &Policy::default());
        assert_eq!((report.passed, report.mismatches), (false, vec![]));
    }

    #[test]
    fn a_run_that_left_nothing_to_compare_fails() {
        let mut steps = run(|_| {});
        for step in &mut steps {
            step.key_frames.clearest = None;
        }
        assert_eq!(verdict(&steps).mismatches, [Mismatch::TooFewFrames]);
    }

    #[test]
    fn nbs_7_a_passive_score_of_an_attack_fails_the_run() {
        let report = verdict(&run(|face| face.passive = Some(0.1)));
        assert_eq!(report.mismatches, [Mismatch::PresentationAttack]);
    }

    #[test]
    fn nbs_7_a_part_of_the_run_that_scores_as_an_attack_fails_it() {
        let report = verdict(&run(|face| {
            face.passive = Some(if face.mouth > 0.036 { 0.05 } else { 0.99 })
        }));
        assert_eq!(report.mismatches, [Mismatch::PresentationAttack]);
    }

    #[test]
    fn nbs_7_another_person_in_any_frame_fails_the_run() {
        let report = verdict(&run(|face| {
            face.identity = Some(if face.mouth > 0.3 { 0.1 } else { 0.8 })
        }));
        assert_eq!(report.mismatches, [Mismatch::AnotherPerson]);
        assert_eq!(report.identity, Some(0.1));
    }

    #[test]
    fn nbs_7_a_frame_that_was_compared_with_nobody_fails_the_run() {
        let report = verdict(&run(|face| {
            face.identity = (face.mouth <= 0.3).then_some(0.8);
        }));
        assert_eq!(report.mismatches, [Mismatch::TooFewFrames]);
    }

    #[test]
    fn a_run_without_scores_fails() {
        for change in [
            |face: &mut FaceObservation| face.passive = None,
            |face: &mut FaceObservation| face.identity = None,
        ] {
            assert_eq!(verdict(&run(change)).mismatches, [Mismatch::TooFewFrames]);
        }
    }
}
