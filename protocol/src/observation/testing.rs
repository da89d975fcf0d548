//! A made-up face for tests to start from.

use super::{Bounds, FaceLight, FaceObservation, HeadPose, Quality, Shape};

/// A living face that looks at the camera and rests, with good numbers throughout.
#[must_use]
pub fn resting_face() -> FaceObservation {
    let pose = HeadPose {
        yaw: 0.0,
        pitch: 0.0,
        roll: 0.0,
    };
    FaceObservation {
        bounds: Bounds {
            x: 0.35,
            y: 0.25,
            width: 0.30,
            height: 0.45,
        },
        confidence: 0.9,
        pose,
        eye_left: 0.95,
        eye_right: 0.95,
        mouth: 0.03,
        smile: 0.1,
        covered: 0.0,
        scale: 0.16,
        shape: head([0.5, 0.4], 0.16, pose),
        light: FaceLight {
            face: [0.30, 0.20, 0.15],
            around: [0.20, 0.20, 0.20],
        },
        quality: Quality {
            brightness: 0.5,
            contrast: 0.2,
            sharpness: 0.004,
        },
        passive: Some(0.95),
        identity: None,
    }
}

/// The shape of an average head in this pose: `middle` between the outer corners of the eyes and `scale` their distance, both in
/// widths of the frame.
#[must_use]
pub fn head(middle: [f32; 2], scale: f32, pose: HeadPose) -> Shape {
    turned(Shape::AVERAGE, middle, scale, pose)
}

/// As [`head`], of a picture of a face that looks at the camera: all points lie in one plane.
#[must_use]
pub fn picture(middle: [f32; 2], scale: f32, pose: HeadPose) -> Shape {
    turned(Shape::AVERAGE.map(|[x, y, _]| [x, y, 0.0]), middle, scale, pose)
}

/// Points turned by pitch, yaw and roll, in this order, seen from far away.
fn turned(points: [[f32; 3]; Shape::LENGTH], middle: [f32; 2], scale: f32, pose: HeadPose) -> Shape {
    let [(sin_pitch, cos_pitch), (sin_yaw, cos_yaw), (sin_roll, cos_roll)] =
        [pose.pitch, pose.yaw, pose.roll].map(|degrees| degrees.to_radians().sin_cos());
    Shape::new(points.map(|[x, y, z]| {
        let (y, z) = (cos_pitch * y + sin_pitch * z, cos_pitch * z - sin_pitch * y);
        let x = cos_yaw * x - sin_yaw * z;
        let (x, y) = (cos_roll * x - sin_roll * y, cos_roll * y + sin_roll * x);
        [middle[0] + scale * x, middle[1] + scale * y]
    }))
}
