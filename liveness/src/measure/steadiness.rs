//! Jumps that no head makes between two frames, and the stillness that none keeps.

use tanu_protocol::observation::FaceObservation;

use crate::policy;

/// Below this distance in time two frames are not compared by speed: clocks of frames are that coarse.
const SHORTEST_MS: f64 = 40.0;
/// Beyond it a head may have gone anywhere: the gap itself is judged.
const LONGEST_MS: f64 = 500.0;

/// What was seen of the face's movement, whatever the command.
#[derive(Clone, Debug, Default)]
pub(super) struct Steadiness {
    first_ms: Option<f64>,
    last: Option<(f64, Place)>,
    lowest: Option<Place>,
    highest: Option<Place>,
    jumped: bool,
}

/// Where and how a face is.
#[derive(Clone, Copy, Debug)]
struct Place {
    yaw: f32,
    pitch: f32,
    roll: f32,
    /// Middle of the face's box, and its width, in frame widths and heights.
    x: f32,
    y: f32,
    width: f32,
    height: f32,
    eyes: f32,
    mouth: f32,
    scale: f32,
}

impl Steadiness {
    pub(super) fn observe(&mut self, t_ms: f64, face: &FaceObservation, limits: &policy::Steadiness) {
        let place = Place::of(face);
        self.first_ms.get_or_insert(t_ms);
        if let Some((last_ms, last)) = self.last
            && t_ms - last_ms <= LONGEST_MS
        {
            let seconds = ((t_ms - last_ms).max(SHORTEST_MS) / 1_000.0) as f32;
            self.jumped |= last.jumps_to(&place, seconds, limits);
        }
        self.last = Some((t_ms, place));
        self.lowest = Some(self.lowest.map_or(place, |lowest| lowest.with(&place, f32::min)));
        self.highest = Some(self.highest.map_or(place, |highest| highest.with(&place, f32::max)));
    }

    /// Whether the face jumped.
    pub(super) const fn jumped(&self) -> bool {
        self.jumped
    }

    /// Whether nothing moved all the time.
    pub(super) fn is_static(&self, limits: &policy::Steadiness) -> bool {
        let (Some(first), Some((last, _)), Some(lowest), Some(highest)) =
            (self.first_ms, self.last, self.lowest, self.highest)
        else {
            return false;
        };
        let size = lowest.width.max(f32::EPSILON);
        last - first >= limits.still_ms
            && highest.yaw - lowest.yaw < limits.still_pose
            && highest.pitch - lowest.pitch < limits.still_pose
            && highest.roll - lowest.roll < limits.still_pose
            && (highest.x - lowest.x) / size < limits.still_shift
            && (highest.y - lowest.y) / size < limits.still_shift
            && highest.scale / lowest.scale - 1.0 < limits.still_shift
            && highest.eyes - lowest.eyes < limits.still_openness
            && highest.mouth - lowest.mouth < limits.still_openness
    }
}

impl Place {
    fn of(face: &FaceObservation) -> Self {
        Self {
            yaw: face.pose.yaw,
            pitch: face.pose.pitch,
            roll: face.pose.roll,
            x: face.bounds.x + face.bounds.width / 2.0,
            y: face.bounds.y + face.bounds.height / 2.0,
            width: face.bounds.width,
            height: face.bounds.height,
            eyes: face.eye_left.midpoint(face.eye_right),
            mouth: face.mouth,
            scale: face.scale,
        }
    }

    fn with(&self, other: &Self, choose: fn(f32, f32) -> f32) -> Self {
        Self {
            yaw: choose(self.yaw, other.yaw),
            pitch: choose(self.pitch, other.pitch),
            roll: choose(self.roll, other.roll),
            x: choose(self.x, other.x),
            y: choose(self.y, other.y),
            width: choose(self.width, other.width),
            height: choose(self.height, other.height),
            eyes: choose(self.eyes, other.eyes),
            mouth: choose(self.mouth, other.mouth),
            scale: choose(self.scale, other.scale),
        }
    }

    fn jumps_to(&self, next: &Self, seconds: f32, limits: &policy::Steadiness) -> bool {
        let turn = [next.yaw - self.yaw, next.pitch - self.pitch, next.roll - self.roll]
            .into_iter()
            .map(f32::abs)
            .fold(0.0, f32::max);
        let shift = ((next.x - self.x) / self.width).hypot((next.y - self.y) / self.height);
        let scale = (next.scale / self.scale).ln().abs();
        turn > limits.turn_rate * seconds + limits.turn_noise
            || shift > limits.shift_rate * seconds + limits.shift_noise
            || scale > limits.scale_rate * seconds + limits.scale_noise
    }
}
