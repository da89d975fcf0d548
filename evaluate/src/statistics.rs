//! Error rates of a comparison, from the scores of pairs that should match and of pairs that should not.
//!
//! Terms of ISO/IEC 19795-1: the false match rate (FMR) is the share of pairs of different people at or above a threshold, the false
//! non-match rate (FNMR) that of pairs of one person below it.

use serde::Serialize;

/// Sorted scores.
pub(crate) struct Scores {
    genuine: Vec<f32>,
    impostor: Vec<f32>,
}

/// What a false match rate costs.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(crate) struct OperatingPoint {
    /// False match rate that was asked for.
    pub(crate) fmr: f64,
    /// Least threshold whose false match rate is not above it.
    pub(crate) threshold: f32,
    /// False non-match rate at that threshold.
    pub(crate) fnmr: f64,
    /// True acceptance rate: 1 less the false non-match rate.
    pub(crate) tar: f64,
    /// Pairs of different people at or above the threshold: what the threshold rests on. With none it is only known that it is high
    /// enough for these pairs.
    pub(crate) false_matches: usize,
    /// Pairs of different people.
    pub(crate) pairs_different: usize,
    /// Pairs of one person.
    pub(crate) pairs_same: usize,
}

impl Scores {
    /// Takes the scores of pairs of one person and of pairs of different people; `None` if either is empty or has a NaN.
    pub(crate) fn new(mut genuine: Vec<f32>, mut impostor: Vec<f32>) -> Option<Self> {
        if genuine.is_empty() || impostor.is_empty() || genuine.iter().chain(&impostor).any(|s| s.is_nan()) {
            return None;
        }
        genuine.sort_by(f32::total_cmp);
        impostor.sort_by(f32::total_cmp);
        Some(Self { genuine, impostor })
    }

    /// The operating point of a false match rate.
    pub(crate) fn at_fmr(&self, fmr: f64) -> OperatingPoint {
        let allowed = (fmr * self.impostor.len() as f64).floor() as usize;
        // The highest impostor score that may not match any more; the threshold lies just above it.
        let highest = self
            .impostor
            .len()
            .checked_sub(allowed + 1)
            .and_then(|index| self.impostor.get(index));
        let threshold = highest.map_or(-1.0, |score| score.next_up());
        let fnmr = self.fnmr(threshold);
        OperatingPoint {
            fmr,
            threshold,
            fnmr,
            tar: 1.0 - fnmr,
            false_matches: self.impostor.len() - below(&self.impostor, threshold),
            pairs_different: self.impostor.len(),
            pairs_same: self.genuine.len(),
        }
    }

    /// False non-match rate at a threshold.
    pub(crate) fn fnmr(&self, threshold: f32) -> f64 {
        below(&self.genuine, threshold) as f64 / self.genuine.len() as f64
    }

    /// False match rate at a threshold.
    pub(crate) fn fmr(&self, threshold: f32) -> f64 {
        1.0 - below(&self.impostor, threshold) as f64 / self.impostor.len() as f64
    }

    /// Equal error rate: the mean of both rates where they are closest.
    pub(crate) fn equal_error_rate(&self) -> f64 {
        // Between two neighbouring scores of either kind nothing changes, so these are all thresholds that matter.
        let thresholds = self.genuine.iter().chain(&self.impostor);
        let rates = thresholds.map(|score| (self.fnmr(*score), self.fmr(*score)));
        let closest = rates.min_by(|a, b| (a.0 - a.1).abs().total_cmp(&(b.0 - b.1).abs()));
        closest.map_or(1.0, |(fnmr, fmr)| (fnmr + fmr) / 2.0)
    }

    /// Area under the receiver operating characteristic: the chance that a genuine pair scores above an impostor one.
    pub(crate) fn area_under_curve(&self) -> f64 {
        let wins: f64 = self
            .genuine
            .iter()
            .map(|score| {
                let less = below(&self.impostor, *score);
                let same = self.impostor[less..].partition_point(|s| s <= score);
                less as f64 + same as f64 / 2.0
            })
            .sum();
        wins / self.genuine.len() as f64 / self.impostor.len() as f64
    }

    /// The threshold that errs least, and the share of pairs that it gets right when both kinds are equally frequent.
    pub(crate) fn best_accuracy(&self) -> (f32, f64) {
        let candidates = self
            .genuine
            .iter()
            .chain(&self.impostor)
            .map(|s| (*s, 1.0 - (self.fnmr(*s) + self.fmr(*s)) / 2.0));
        candidates.max_by(|a, b| a.1.total_cmp(&b.1)).unwrap_or((0.0, 0.0))
    }

    /// Number of genuine pairs.
    pub(crate) fn genuine(&self) -> usize {
        self.genuine.len()
    }

    /// Number of impostor pairs.
    pub(crate) fn impostor(&self) -> usize {
        self.impostor.len()
    }
}

fn below(sorted: &[f32], threshold: f32) -> usize {
    sorted.partition_point(|score| *score < threshold)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn tenths(values: impl IntoIterator<Item = i32>) -> Vec<f32> {
        values.into_iter().map(|v| v as f32 / 10.0).collect()
    }

    #[test]
    fn rates_of_a_small_example() {
        let scores = Scores::new(tenths([3, 6, 7, 8, 9]), tenths([0, 1, 2, 4, 5])).unwrap();
        let point = scores.at_fmr(0.2);
        assert!(point.threshold > 0.4 && point.threshold < 0.400_01);
        assert!((point.fnmr - 0.2).abs() < 1e-9 && (scores.fmr(point.threshold) - 0.2).abs() < 1e-9);
        assert!((scores.equal_error_rate() - 0.2).abs() < 1e-9);
        assert!((scores.area_under_curve() - 23.0 / 25.0).abs() < 1e-9);
    }

    #[test]
    fn apart_scores_make_no_error() {
        let scores = Scores::new(tenths(6..9), tenths(0..5)).unwrap();
        assert_eq!(
            (
                scores.at_fmr(0.0).fnmr,
                scores.equal_error_rate(),
                scores.area_under_curve()
            ),
            (0.0, 0.0, 1.0)
        );
        assert_eq!(scores.best_accuracy().1, 1.0);
    }

    proptest! {
        #[test]
        fn fmr_is_never_above_what_was_asked(impostor in prop::collection::vec(-1.0_f32..1.0, 1..200), fmr in 0.0_f64..1.0) {
            let scores = Scores::new(vec![0.5], impostor).unwrap();
            prop_assert!(scores.fmr(scores.at_fmr(fmr).threshold) <= fmr + 1e-12);
        }
    }
}
