//! How many frames of a video differ from others as those of a camera don't: see docs/evaluation/frames.md.

use std::fmt;

use tanu_protocol::observation::Change;

/// Counts of compared frames.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    compared: usize,
    repeated: usize,
    seen_before: usize,
    mixed: usize,
}

impl Tally {
    /// Counts a frame.
    pub(crate) fn add(&mut self, change: &Change) {
        self.compared += 1;
        self.repeated += usize::from(change.previous < 0.1);
        self.seen_before += usize::from(change.nearest < change.previous / 2.0);
        self.mixed += usize::from(change.between < 0.2);
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let share = |count: usize| 100.0 * count as f64 / self.compared.max(1) as f64;
        write!(
            f,
            "{} frames compared: repeated {:.0} % (previous under 0.1), seen before {:.0} % (nearest under half of previous), mixed {:.0} % \
             (between under 0.2)",
            self.compared,
            share(self.repeated),
            share(self.seen_before),
            share(self.mixed)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_of_frame_is_counted_by_its_number() {
        let mut tally = Tally::default();
        let change = |previous: f32, nearest: f32, between: f32| Change {
            previous,
            nearest,
            between,
        };
        for change in [
            change(1.0, 1.1, 0.9),
            change(0.0, 0.0, 0.5),
            change(1.0, 0.2, 0.9),
            change(1.0, 1.1, 0.1),
            change(1.0, 0.3, 0.6),
        ] {
            tally.add(&change);
        }
        let expected = Tally {
            compared: 5,
            repeated: 1,
            seen_before: 2,
            mixed: 1,
        };
        assert_eq!(tally, expected);
        assert!(
            tally.to_string().starts_with("5 frames compared: repeated 20 %"),
            "{tally}"
        );
        assert!(
            Tally::default()
                .to_string()
                .starts_with("0 frames compared: repeated 0 %")
        );
    }
}
