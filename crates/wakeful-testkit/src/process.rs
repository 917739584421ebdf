//! What a process has used, as Linux counts it.

use std::fs;
use std::io;
use std::time::Duration;

/// The unit of `/proc/PID/stat`, the same on every Linux (`USER_HZ`, proc(5)).
const TICKS_PER_SECOND: u64 = 100;

/// What a process has used since its start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Usage {
    /// User and system time of all its threads.
    pub cpu: Duration,
    /// The most memory that was resident at one time.
    pub rss_peak_bytes: u64,
    /// The memory that is resident now.
    pub rss_bytes: u64,
}

impl Usage {
    /// Of the process of that id.
    ///
    /// # Errors
    /// If there is no such process, or no `/proc`.
    pub fn of(pid: u32) -> io::Result<Self> {
        Self::read(&format!("/proc/{pid}"))
    }

    /// Of this process.
    ///
    /// # Errors
    /// If there is no `/proc`.
    pub fn own() -> io::Result<Self> {
        Self::read("/proc/self")
    }

    fn read(folder: &str) -> io::Result<Self> {
        let stat = fs::read_to_string(format!("{folder}/stat"))?;
        let status = fs::read_to_string(format!("{folder}/status"))?;
        parse(&stat, &status).ok_or_else(|| io::Error::other("/proc is not in the form of proc(5)"))
    }
}

fn parse(stat: &str, status: &str) -> Option<Usage> {
    // The command's name may hold anything, a parenthesis too: count from the last one (proc(5), fields 14 and 15).
    let (_, after_name) = stat.rsplit_once(')')?;
    let mut fields = after_name.split_ascii_whitespace().skip(11);
    let user: u64 = fields.next()?.parse().ok()?;
    let system: u64 = fields.next()?.parse().ok()?;
    let kilobytes = |name: &str| -> Option<u64> {
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        line.trim().strip_suffix(" kB")?.parse().ok()
    };
    Some(Usage {
        cpu: Duration::from_millis((user + system) * 1_000 / TICKS_PER_SECOND),
        rss_peak_bytes: kilobytes("VmHWM:")? * 1024,
        rss_bytes: kilobytes("VmRSS:")? * 1024,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_parentheses_does_not_shift_the_fields() {
        let stat = "7 (a) (b 9) S 1 7 7 0 -1 4194304 1 0 0 0 150 50 0 0 20 0 4 0 1 1 1";
        let status = "Name:\tx\nVmHWM:\t    2048 kB\nVmRSS:\t    1024 kB\n";
        let usage = Usage {
            cpu: Duration::from_secs(2),
            rss_peak_bytes: 2 << 20,
            rss_bytes: 1 << 20,
        };
        assert_eq!(parse(stat, status), Some(usage));
        assert_eq!(parse("7 (a", status), None);
    }
}
