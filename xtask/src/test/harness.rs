//! What the Rust test harness prints, cut to what a person wants to read.

/// Follows the output of `cargo test -- --show-output`: the output of tests that passed is needed, since the note of a test
/// that could not run is in it, but it is not worth reading.
#[derive(Debug, Default)]
pub(crate) struct Output {
    section: Section,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Section {
    /// The list of tests with how each ended.
    #[default]
    List,
    /// What the tests that passed said, and their names once more.
    Successes,
    /// The same of those that failed.
    Failures,
}

impl Output {
    /// Whether a person wants to see the next line.
    pub(crate) fn is_worth_showing(&mut self, line: &str) -> bool {
        match line {
            "successes:" => self.section = Section::Successes,
            "failures:" => self.section = Section::Failures,
            _ if line.starts_with("test result: ") => {
                self.section = Section::List;
                return !line.contains(" 0 passed; 0 failed;");
            }
            _ => {}
        }
        match self.section {
            Section::List => line.ends_with(" ... FAILED"),
            Section::Successes => false,
            Section::Failures => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_and_sums_are_shown_and_successes_are_not() {
        let printed = "running 2 tests\ntest a ... ok\ntest b ... FAILED\n\nsuccesses:\n\n---- a stdout ----\nchatter\n\n\
                       successes:\n    a\n\nfailures:\n\n---- b stdout ----\nwhy\n\nfailures:\n    b\n\n\
                       test result: FAILED. 1 passed; 1 failed; 0 ignored\n\nrunning 0 tests\n\n\
                       test result: ok. 0 passed; 0 failed; 0 ignored\n";
        let mut output = Output::default();
        let shown: Vec<&str> = printed.lines().filter(|line| output.is_worth_showing(line)).collect();
        assert!(shown.contains(&"test b ... FAILED") && shown.contains(&"why"));
        assert!(shown.iter().any(|line| line.starts_with("test result: FAILED")));
        assert!(
            !shown
                .iter()
                .any(|line| line.contains("chatter") || line.contains("... ok") || line.contains("0 passed"))
        );
    }
}
