//! A disk that is full or read-only. It takes a small file system of its own, which not everybody may mount.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use wakeful_store::{AppendError, Backend, OpenError, Store};

use crate::support::{folder, options, runtime};
use crate::traces::{check, check_answers, flush, open_with, part, poll, problems};

/// A file system in memory with little room.
struct SmallDisk {
    folder: tempfile::TempDir,
}

impl SmallDisk {
    /// `None` where mounting is not permitted; the test says so then.
    fn mount(kibibytes: u64) -> Option<Self> {
        let disk = Self { folder: folder() };
        let mounted = disk.run(
            "mount",
            &["-t", "tmpfs", "-o", &format!("size={kibibytes}k"), "tmpfs"],
        );
        if !mounted {
            println!("skipped: this user may not mount a small file system");
        }
        mounted.then_some(disk)
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn store(&self) -> PathBuf {
        self.path().join("store")
    }

    fn run(&self, program: &str, arguments: &[&str]) -> bool {
        let output = Command::new(program).args(arguments).arg(self.path()).output();
        output.is_ok_and(|output| output.status.success())
    }

    /// Takes all the room that is left, until it is freed.
    fn fill(&self) {
        let mut ballast = std::fs::File::create(self.path().join("ballast")).unwrap();
        while ballast.write_all(&[1; 512]).is_ok() {}
    }

    fn free(&self) {
        std::fs::remove_file(self.path().join("ballast")).unwrap();
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily, so that a test that failed leaves no mount behind.
        self.run("umount", &["-l"]);
    }
}

fn append(store: &Store, number: u64) -> Result<(), AppendError> {
    runtime().block_on(store.append(part(number, 0..3, 500)))
}

/// Fills the disk when `before` was done to a store, appends until that is refused, frees the disk and goes on.
fn check_full(
    before: impl Fn(&Store) -> u64,
    expected_error: fn(&AppendError) -> bool,
    expected_problem: &str,
) {
    let Some(disk) = SmallDisk::mount(1024) else {
        return;
    };
    let store = open_with(&disk.store(), 64 << 10);
    let mut last = before(&store);
    disk.fill();
    let refused = loop {
        match append(&store, last + 1) {
            Ok(()) => last += 1,
            Err(error) => break error,
        }
        assert!(last < 500, "appends to a full disk go on and on");
    };
    assert!(expected_error(&refused), "{refused}");
    assert!(
        problems(&store).contains(expected_problem),
        "{:?}",
        problems(&store)
    );
    check_answers(&store, 1..=last, "while the disk is full");
    // The sender tries again, as it was told to.
    disk.free();
    poll(Duration::from_secs(10), "appends to work again", || {
        append(&store, last + 1).is_ok()
    });
    append(&store, last + 2).unwrap();
    check_answers(&store, 1..=last + 2, "when there is space again");
    flush(&store);
    check_answers(&store, 1..=last + 2, "flushed when there is space again");
    drop(store);
    check(
        &open_with(&disk.store(), 64 << 10),
        1..=last + 2,
        &[],
        "opened again",
    );
}

#[test]
fn a_full_disk_has_no_room_for_another_log() {
    let is_log = |error: &AppendError| matches!(error, AppendError::Log(_));
    check_full(
        |store| (1..=3).inspect(|number| append(store, *number).unwrap()).count() as u64,
        is_log,
        "log not writable",
    );
    check_full(|_| 0, is_log, "log not writable");
}

#[test]
fn a_full_disk_has_no_room_for_a_segment() {
    // Slots that are free are used, until what cannot be flushed takes all the room in memory.
    let two_slots = |store: &Store| {
        let mut last = 0;
        for _ in 0..8 {
            for _ in 0..30 {
                last += 1;
                append(store, last).unwrap();
            }
        }
        flush(store);
        last
    };
    check_full(
        two_slots,
        |error| matches!(error, AppendError::Busy { .. } | AppendError::Log(_)),
        "segment not writable",
    );
}

#[test]
fn a_store_that_ends_on_a_full_disk_keeps_what_it_acknowledged() {
    let Some(disk) = SmallDisk::mount(1024) else {
        return;
    };
    let store = open_with(&disk.store(), 64 << 10);
    for number in 1..=10 {
        append(&store, number).unwrap();
    }
    disk.fill();
    append(&store, 11).unwrap();
    drop(store);
    // Opened on the full disk it may refuse, or answer; it loses nothing.
    if let Ok(store) = Store::open(options(Backend::File(disk.store()))) {
        check_answers(&store, 1..=11, "opened on a full disk");
    }
    disk.free();
    check(
        &open_with(&disk.store(), 64 << 10),
        1..=11,
        &[],
        "when there is space again",
    );
}

#[test]
fn a_read_only_folder_is_refused_with_the_remedy_and_left_alone() {
    let Some(disk) = SmallDisk::mount(1024) else {
        return;
    };
    let store = open_with(&disk.store(), 64 << 10);
    append(&store, 1).unwrap();
    drop(store);
    assert!(disk.run("mount", &["-o", "remount,ro"]));
    let error = Store::open(options(Backend::File(disk.store()))).unwrap_err();
    assert!(matches!(error, OpenError::Io { .. }));
    let text = error.to_string();
    for part in [
        "lock",
        "ead-only",
        "check its permissions and space",
        "--data-dir",
    ] {
        assert!(text.contains(part), "{text}");
    }
    assert!(disk.run("mount", &["-o", "remount,rw"]));
    check(&open_with(&disk.store(), 64 << 10), [1], &[], "writable again");
}
