//! This process as the system sees it.

use std::fs;
use std::time::Duration;

/// What the process has used; `None` where the system does not say.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct ProcessUse {
    /// User and system time.
    pub(crate) cpu: Option<Duration>,
    /// Resident memory.
    pub(crate) resident_bytes: Option<u64>,
    /// The most there ever was of it.
    pub(crate) resident_bytes_max: Option<u64>,
    /// Open file descriptors.
    pub(crate) open_files: Option<u64>,
}

impl ProcessUse {
    /// As of now, from `/proc`; empty on systems without it.
    pub(crate) fn now() -> Self {
        let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
        Self {
            cpu: fs::read_to_string("/proc/self/stat")
                .ok()
                .and_then(|stat| cpu(&stat)),
            resident_bytes: kilobytes(&status, "VmRSS:"),
            resident_bytes_max: kilobytes(&status, "VmHWM:"),
            open_files: fs::read_dir("/proc/self/fd")
                .ok()
                .map(|files| files.count() as u64),
        }
    }
}

/// Fields 14 and 15 of `/proc/[pid]/stat`, in hundredths of a second, which the kernel promises to programs on
/// every architecture (`USER_HZ`).
fn cpu(stat: &str) -> Option<Duration> {
    // Field 2 is the program's name in parentheses and may hold anything.
    let mut fields = stat.rsplit_once(')')?.1.split_ascii_whitespace().skip(11);
    let user: u64 = fields.next()?.parse().ok()?;
    let system: u64 = fields.next()?.parse().ok()?;
    Some(Duration::from_millis((user + system) * 10))
}

fn kilobytes(status: &str, field: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix(field))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cpu_time_is_found_behind_any_name() {
        let stat = "4711 (a) b) S 1 2 3 4 5 6 7 8 9 10 250 50 0 0 20 0 4";
        assert_eq!(cpu(stat), Some(Duration::from_secs(3)));
    }

    #[test]
    fn memory_is_read_in_bytes() {
        assert_eq!(
            kilobytes("VmHWM:\t  12 kB\nVmRSS:\t     10 kB\n", "VmRSS:"),
            Some(10_240)
        );
    }
}
