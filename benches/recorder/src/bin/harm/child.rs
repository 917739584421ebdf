//! A program that is compared, seen from outside: stopped unless it has its slice.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{ChildStdin, ChildStdout, Command, Stdio};

use anyhow::{Result, ensure};

use crate::case::Case;
use crate::receiver::Receivers;
use crate::work::{End, Slice, numbers};

pub struct Child {
    process: std::process::Child,
    orders: ChildStdin,
    answers: BufReader<ChildStdout>,
    first_millis: f64,
}

impl Child {
    /// Starts it and lets it answer its first request.
    pub fn start(case: Case, receivers: &Receivers) -> Result<Self> {
        let mut process = Command::new(std::env::current_exe()?)
            .args(case.to_arguments(|receiver| receivers.address(receiver)))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let (orders, answers) = (process.stdin.take(), process.stdout.take());
        let (Some(orders), Some(answers)) = (orders, answers) else {
            anyhow::bail!("no pipes to {case}");
        };
        let mut child = Self {
            process,
            orders,
            answers: BufReader::new(answers),
            first_millis: 0.0,
        };
        [child.first_millis] = numbers(&child.answer()?)?;
        child.signal(libc::SIGSTOP);
        Ok(child)
    }

    /// From before tracing began until the first request was answered.
    pub fn first_millis(&self) -> f64 {
        self.first_millis
    }

    pub fn slice(&mut self) -> Result<Slice> {
        let [rate, cpu] = numbers(&self.order("slice")?)?;
        self.signal(libc::SIGSTOP);
        Ok(Slice { rate, cpu })
    }

    /// Shuts tracing down and ends the program.
    pub fn end(mut self) -> Result<End> {
        let [millis, spans, lost] = numbers(&self.order("end")?)?;
        let status = self.process.wait()?;
        ensure!(status.success(), "a case ended with {status}");
        Ok(End {
            millis,
            spans: spans as u64,
            lost: lost as u64,
        })
    }

    fn order(&mut self, order: &str) -> Result<String> {
        self.signal(libc::SIGCONT);
        writeln!(self.orders, "{order}")?;
        self.answer()
    }

    fn answer(&mut self) -> Result<String> {
        let mut line = String::new();
        let read = self.answers.read_line(&mut line)?;
        ensure!(read > 0, "a case ended without an answer");
        Ok(line)
    }

    fn signal(&self, signal: libc::c_int) {
        // SAFETY: the process is a child of ours that was not waited for yet, so its number is its own.
        unsafe { libc::kill(self.process.id() as libc::pid_t, signal) };
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        // Of a run that failed; one that has ended is not signalled.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
