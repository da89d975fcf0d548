//! Processes that live and end together.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{BufRead as _, BufReader, Read, Write as _};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};

use crate::failure::{Failure, Outcome};
use crate::{clock, say};

/// How long a process may take to end after it was asked to: the matcher finishes the calls that it is working on.
const GRACE: Duration = Duration::from_secs(20);
const PAUSE: Duration = Duration::from_millis(50);
/// How many of a dead process's last lines its failure carries.
const LAST_LINES: usize = 20;

/// Where what processes say goes.
pub(crate) enum Log {
    /// To the terminal, each line with the process's name before it.
    Terminal,
    /// The same to a file, which is made anew.
    File(PathBuf),
}

/// Processes that were started together. When this value goes, all of them end.
pub(crate) struct Supervisor {
    processes: Vec<Process>,
    sink: Arc<Sink>,
    grace: Duration,
}

enum Sink {
    Terminal,
    File(Mutex<File>),
}

struct Process {
    name: &'static str,
    child: Child,
    last: Arc<Mutex<VecDeque<String>>>,
}

impl Supervisor {
    /// No processes yet.
    pub(crate) fn new(log: Log) -> Outcome<Self> {
        let sink = match log {
            Log::Terminal => Sink::Terminal,
            Log::File(path) => Sink::File(Mutex::new(File::create(&path).map_err(|error| {
                Failure::new(
                    format!("{} cannot be written", path.display()),
                    error,
                    "check the rights of its folder",
                )
            })?)),
        };
        Ok(Self {
            processes: Vec::new(),
            sink: Arc::new(sink),
            grace: GRACE,
        })
    }

    /// Starts a process. What it says is shown with its name before each line.
    pub(crate) fn start(&mut self, name: &'static str, command: &mut Command) -> Outcome {
        use std::os::unix::process::CommandExt as _;
        say::step(format_args!("Starting {name}"));
        // A group of its own: Ctrl-C in the terminal reaches this program alone, which then ends the others in order.
        command
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().map_err(|error| {
            let program = command.get_program().to_string_lossy().into_owned();
            Failure::new(
                format!("{name} could not be started"),
                format!("{program}: {error}"),
                "build, then try again",
            )
        })?;
        let last = Arc::default();
        if let Some(output) = child.stdout.take() {
            forward(name, output, &last, &self.sink);
        }
        if let Some(errors) = child.stderr.take() {
            forward(name, errors, &last, &self.sink);
        }
        self.processes.push(Process { name, child, last });
        Ok(())
    }

    /// Waits until `ready` (`true`), `limit` or `stop` (`false`); fails when a process ends meanwhile.
    pub(crate) fn wait(&mut self, limit: Duration, stop: &AtomicBool, ready: impl Fn() -> bool) -> Outcome<bool> {
        let started = clock::instant();
        while started.elapsed() < limit && !stop.load(Ordering::Relaxed) {
            if let Some(dead) = self.processes.iter_mut().find_map(Process::death) {
                return Err(dead);
            }
            if ready() {
                return Ok(true);
            }
            std::thread::sleep(PAUSE);
        }
        Ok(false)
    }
}

impl Drop for Supervisor {
    fn drop(&mut self) {
        // The last one started depends on those before it.
        for process in self.processes.iter_mut().rev() {
            process.stop(self.grace);
        }
    }
}

impl Process {
    /// The failure that a process that ended by itself is.
    fn death(&mut self) -> Option<Failure> {
        let status = match self.child.try_wait() {
            Ok(None) => return None,
            Ok(Some(status)) => status.to_string(),
            Err(error) => error.to_string(),
        };
        // What it said last may still be on its way here.
        std::thread::sleep(PAUSE);
        let last = self
            .last
            .lock()
            .map(|lines| lines.iter().cloned().collect::<Vec<_>>().join("\n"))
            .unwrap_or_default();
        Some(Failure::new(
            format!("{} ended by itself; everything else is stopped", self.name),
            format!("{status}; it said last:\n{last}"),
            "mend what it says, then start again: what was stored is kept",
        ))
    }

    fn stop(&mut self, grace: Duration) {
        let group = Pid::from_child(&self.child);
        // It may have ended already; then there is nobody to tell.
        let _ = kill_process_group(group, Signal::TERM);
        let asked = clock::instant();
        while asked.elapsed() < grace {
            if !matches!(self.child.try_wait(), Ok(None)) {
                break;
            }
            std::thread::sleep(PAUSE);
        }
        let _ = kill_process_group(group, Signal::KILL);
        let _ = self.child.wait();
    }
}

impl Sink {
    fn put(&self, name: &str, line: &str) {
        match self {
            Self::Terminal => say::from(name, line),
            Self::File(file) => {
                if let Ok(mut file) = file.lock() {
                    // A full disk shows elsewhere; what the processes do matters more than what they say.
                    let _ = writeln!(file, "{name} | {line}");
                }
            }
        }
    }
}

fn forward(
    name: &'static str,
    output: impl Read + Send + 'static,
    last: &Arc<Mutex<VecDeque<String>>>,
    sink: &Arc<Sink>,
) {
    let (last, sink) = (Arc::clone(last), Arc::clone(sink));
    std::thread::spawn(move || {
        for line in BufReader::new(output).split(b'\n').map_while(Result::ok) {
            let line = String::from_utf8_lossy(&line).trim_end().to_owned();
            sink.put(name, &line);
            if let Ok(mut lines) = last.lock() {
                if lines.len() == LAST_LINES {
                    lines.pop_front();
                }
                lines.push_back(line);
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;
    use crate::run::command;

    fn running() -> AtomicBool {
        AtomicBool::new(false)
    }

    #[test]
    fn a_process_that_ends_by_itself_is_named_with_its_last_words() {
        let mut processes = Supervisor::new(Log::Terminal).unwrap();
        processes.start("sleeper", command("sleep").arg("60")).unwrap();
        processes
            .start(
                "talker",
                command("sh").args(["-c", "echo one; echo last words >&2; exit 7"]),
            )
            .unwrap();
        let failure = processes
            .wait(Duration::from_secs(20), &running(), || false)
            .unwrap_err()
            .to_string();
        assert!(
            failure.contains("talker") && failure.contains("last words") && failure.contains('7'),
            "{failure}"
        );
    }

    #[test]
    fn when_the_supervisor_goes_so_do_processes_that_will_not_end_and_their_children() {
        let mut processes = Supervisor::new(Log::Terminal).unwrap();
        processes.grace = Duration::from_millis(200);
        let stubborn = "trap '' TERM; sleep 60 & echo deaf; wait";
        processes.start("parent", command("sh").args(["-c", stubborn])).unwrap();
        let last = Arc::clone(&processes.processes[0].last);
        let is_deaf = || last.lock().unwrap().iter().any(|line| line == "deaf");
        assert!(processes.wait(Duration::from_secs(20), &running(), is_deaf).unwrap());
        let group = Pid::from_child(&processes.processes[0].child);
        drop(processes);
        // The child of the child is gone as soon as the system's first process has noticed its end.
        let gone = (0..100).any(|_| {
            std::thread::sleep(PAUSE);
            rustix::process::test_kill_process_group(group).is_err()
        });
        assert!(gone);
    }

    #[test]
    fn waiting_ends_when_ready_and_when_asked_to_stop() {
        let mut processes = Supervisor::new(Log::Terminal).unwrap();
        processes.start("sleeper", command("sleep").arg("60")).unwrap();
        assert!(processes.wait(Duration::MAX, &running(), || true).unwrap());
        assert!(!processes.wait(Duration::MAX, &AtomicBool::new(true), || false).unwrap());
    }

    #[test]
    fn the_time_that_asking_takes_counts_as_waiting() {
        let mut processes = Supervisor::new(Log::Terminal).unwrap();
        let asked = Cell::new(0);
        let slow = || {
            asked.set(asked.get() + 1);
            std::thread::sleep(PAUSE * 4);
            false
        };
        assert!(!processes.wait(PAUSE * 3, &running(), slow).unwrap());
        assert_eq!(asked.get(), 1);
    }
}
