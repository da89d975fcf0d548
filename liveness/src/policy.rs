//! The numbers of the measurement, each with its rationale. How they were checked is in `docs/liveness.md`.

use serde::{Deserialize, Serialize};

/// All thresholds of a step and of a run. Documents name its version.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Policy {
    /// Names this set of numbers; changes with any of them.
    pub version: String,
    /// Which frames can be measured.
    pub framing: Framing,
    /// The resting position.
    pub baseline: Baseline,
    /// How far each command must go.
    pub extent: Extent,
    /// What else may move meanwhile.
    pub other: OtherMovement,
    /// When things must happen.
    pub timing: Timing,
    /// What no head can do, and what none can avoid doing.
    pub steadiness: Steadiness,
    /// The run as a whole.
    pub run: Run,
}

/// Which frames can be measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Framing {
    /// Least confidence of the detector that this is a face.
    pub confidence: f32,
    /// Least distance of the eyes' outer corners, in frame widths.
    pub scale_least: f32,
    /// Greatest such distance.
    pub scale_most: f32,
    /// How far from the frame's edges the middle of the face must be, in frame widths and heights.
    pub margin: f32,
    /// Least mean luma of the face.
    pub brightness_least: f32,
    /// Greatest mean luma of the face.
    pub brightness_most: f32,
    /// Least standard deviation of the face's luma.
    pub contrast_least: f32,
    /// Least sharpness of a frame that shows the person clearly; a step needs at least one.
    pub sharpness_least: f32,
    /// Share of the step's frames that may show more than one face.
    pub several_faces_most: f32,
    /// Least number of measurable frames in a step.
    pub frames_least: u32,
}

/// The resting position, measured before the command is answered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Baseline {
    /// For how long the head must rest, in milliseconds.
    pub rest_ms: f64,
    /// In how many frames at least.
    pub frames_least: usize,
    /// By how many degrees yaw and pitch may vary meanwhile.
    pub pose_spread: f32,
    /// By how much the scale may vary meanwhile, as a fraction of itself.
    pub scale_spread: f32,
    /// How far from straight the head may be turned, in degrees.
    pub yaw_most: f32,
    /// How far up or down the head may point, in degrees.
    pub pitch_most: f32,
    /// Greatest openness of a mouth that is to be opened.
    pub mouth_most: f32,
    /// Least openness of eyes that are to be closed.
    pub eyes_least: f32,
    /// Greatest scale of a face that is to come closer.
    pub scale_most: f32,
}

/// How far each command must go from the resting position.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Extent {
    /// Degrees of a turn.
    pub yaw: f32,
    /// Degrees of a nod.
    pub pitch: f32,
    /// Share of their openness that both eyes must lose.
    pub eyes: f32,
    /// Openness that the mouth must gain.
    pub mouth: f32,
    /// By how much of itself the scale must grow.
    pub scale: f32,
    /// In how many frames in a row the extent must be seen; closed eyes need one.
    pub frames: u32,
    /// Share of the extent at which the movement counts as begun.
    pub begun: f32,
    /// Share of the extent below which the head counts as back.
    pub back: f32,
    /// In how many frames in a row it must be back.
    pub back_frames: u32,
    /// Share of the extent at which a movement that went no further counts as too little rather than as none.
    pub little: f32,
}

/// What else may move while a command is answered: more, in two frames in a row, is another movement.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OtherMovement {
    /// Degrees of yaw where no turn is asked.
    pub yaw: f32,
    /// Degrees of pitch where no nod is asked.
    pub pitch: f32,
    /// Degrees of roll.
    pub roll: f32,
    /// Openness that the mouth may gain where it is not asked to open.
    pub mouth: f32,
    /// Factor by which the scale may grow where the face is not asked to come closer.
    pub scale_grown: f32,
    /// Factor down to which the scale may fall.
    pub scale_shrunk: f32,
}

/// When things must happen, in milliseconds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Timing {
    /// From showing the command to the soonest start of an answer.
    pub reaction_least: f64,
    /// The longest gap between measurable frames while the command is answered.
    pub gap_most: f64,
    /// The longest that eyes may stay closed, or an extent be held, until the head is back.
    pub return_most: f64,
}

/// What no head can do between two frames, and what none can avoid doing over a step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Steadiness {
    /// Degrees a second by which the head can turn.
    pub turn_rate: f32,
    /// Widths of the face a second by which it can move across the picture.
    pub shift_rate: f32,
    /// Natural logarithm a second by which the scale can change.
    pub scale_rate: f32,
    /// Allowance for noise of the measurement: degrees.
    pub turn_noise: f32,
    /// Allowance for noise of the measurement: widths of the face.
    pub shift_noise: f32,
    /// Allowance for noise of the measurement: logarithm of the scale.
    pub scale_noise: f32,
    /// Degrees that a living head moves at least within a step.
    pub still_pose: f32,
    /// Widths of the face that a living head moves at least within a step.
    pub still_shift: f32,
    /// Openness of eyes or mouth that changes at least within a step.
    pub still_openness: f32,
    /// How long a step must last for stillness to count, in milliseconds.
    pub still_ms: f64,
}

/// The run as a whole: the numbers over all its frames.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// Within how many degrees of straight a frame is frontal.
    pub frontal: f32,
    /// Least median of the passive score over the frontal frames.
    pub passive_median: f32,
    /// Least lower quartile of the passive score over the frontal frames.
    pub passive_quartile: f32,
    /// Least similarity to the anchor of any frontal frame.
    pub identity_frontal: f32,
    /// Least similarity to the anchor of any turned frame.
    pub identity_turned: f32,
    /// Least number of frames with a passive score, and with a similarity.
    pub scored_least: u32,
}

impl Policy {
    /// The numbers by which a browser guides: a little stricter than those by which the matcher judges, so that what the
    /// citizen was told is done is still done when it is measured again from the compressed frames.
    #[must_use]
    pub fn for_guidance(&self) -> Self {
        let mut guidance = self.clone();
        let extent = &mut guidance.extent;
        for number in [&mut extent.yaw, &mut extent.pitch, &mut extent.mouth, &mut extent.scale] {
            *number *= 1.2;
        }
        // Eyes that are half closed read as open or closed by chance; those that lost so much are closed.
        extent.eyes *= 1.4;
        extent.back *= 0.7;
        extent.back_frames += 1;
        let baseline = &mut guidance.baseline;
        baseline.frames_least += 1;
        baseline.pose_spread *= 0.8;
        baseline.scale_spread *= 0.8;
        baseline.yaw_most *= 0.9;
        baseline.pitch_most *= 0.9;
        baseline.mouth_most *= 0.9;
        baseline.eyes_least *= 1.2;
        baseline.scale_most *= 0.95;
        guidance.framing.scale_least *= 1.1;
        guidance.framing.scale_most *= 0.95;
        guidance.framing.brightness_least *= 1.2;
        // Compression takes up to half of the sharpness of a picture that is blurred and noisy.
        guidance.framing.sharpness_least *= 2.0;
        // Between two of its detections the browser sees no face come: whoever it saw may have been there twice as long.
        guidance.framing.several_faces_most *= 0.5;
        guidance.framing.frames_least += 2;
        guidance
    }
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            version: "tanu-liveness/1".to_owned(),
            framing: Framing {
                // The detector's own threshold for reporting a face is of this order; a face at rest gets 0.8 and more.
                confidence: 0.5,
                // 45 pixels of 640 between the eyes' corners: below, the embedding's aligned face is stretched.
                scale_least: 0.07,
                // Beyond, forehead or chin leave an upright picture and the mesh guesses.
                scale_most: 0.60,
                margin: 0.12,
                // Dark skin in even light has 0.2 and more; at 0.1 the sensor's noise is a tenth of the signal.
                brightness_least: 0.10,
                brightness_most: 0.92,
                // A face whose features show has 0.08 and more.
                contrast_least: 0.03,
                sharpness_least: 0.000_2,
                // One frame in ten: a false find on the wallpaper, not a second person.
                several_faces_most: 0.10,
                frames_least: 8,
            },
            baseline: Baseline {
                // Shorter than any reaction (see `reaction_least`), long enough for three frames at 10 a second.
                rest_ms: 240.0,
                frames_least: 3,
                // Twice the frame-to-frame noise of pose from the mesh on a webcam.
                pose_spread: 5.0,
                scale_spread: 0.06,
                // A camera beside or below the screen sees a person who looks at the screen this far from straight.
                yaw_most: 15.0,
                pitch_most: 20.0,
                mouth_most: 0.25,
                eyes_least: 0.5,
                // Leaves room to come closer by `extent.scale` twice.
                scale_most: 0.42,
            },
            extent: Extent {
                // Three times the pose's noise and more than a gaze shift turns the head along (about 8°), less than anyone
                // turns when asked to (25° and more, of which the mesh reports some two thirds).
                yaw: 12.0,
                // Pitch is reported shorter than yaw: 15° as 11°.
                pitch: 8.0,
                // The classifier is nearly binary: open eyes 0.9 and more, closed ones 0.1 and less.
                eyes: 0.6,
                // Speech opens to 0.2 now and then; "open your mouth" gives 0.4 and more.
                mouth: 0.25,
                // Coming from 50 cm to 43 cm.
                scale: 0.15,
                // One frame may be a slip of the mesh.
                frames: 2,
                begun: 0.35,
                back: 0.40,
                back_frames: 1,
                little: 0.40,
            },
            other: OtherMovement {
                // Not below `extent.yaw`: then a turn to the wrong side is always another movement.
                yaw: 12.0,
                pitch: 14.0,
                roll: 25.0,
                // A laugh with bare teeth stays below.
                mouth: 0.60,
                scale_grown: 1.40,
                // Whoever has come closer for the step before may lean back while answering this one.
                scale_shrunk: 0.55,
            },
            timing: Timing {
                // A choice among known signals takes a person 300 ms and more (Hick 1952), reading a command 500 ms.
                reaction_least: 250.0,
                gap_most: 1_200.0,
                return_most: 5_000.0,
            },
            steadiness: Steadiness {
                // Voluntary head turns peak at some 500° a second.
                turn_rate: 600.0,
                shift_rate: 6.0,
                scale_rate: 3.0,
                turn_noise: 12.0,
                shift_noise: 0.15,
                scale_noise: 0.15,
                // Breathing and pulse alone move a head by more; the noise of a camera on a picture that rests, by less.
                still_pose: 0.25,
                still_shift: 0.004,
                still_openness: 0.02,
                still_ms: 1_000.0,
            },
            run: Run {
                // The passive models were trained on faces that look at the camera.
                frontal: 12.0,
                // Live videos have 0.99, replays on a phone or screen 0.06.
                passive_median: 0.50,
                // Live videos have 0.98, replays 0.01: a part of the run that was replayed shows here.
                passive_quartile: 0.20,
                // Above what different people reach; a person who talks and blinks stays above 0.74 all the time.
                identity_frontal: 0.40,
                // The same person comes down to 0.50 when turned by 30°, to 0.39 with the head thrown back by 50°.
                identity_turned: 0.20,
                scored_least: 6,
            },
        }
    }
}
