//! Merges: fewer segments, the same answers, whatever befalls the list of segments.

use std::time::Duration;

use crate::segments::{check_manifest, segments};
use crate::support::{crash_copy, folder};
use crate::traces::{append, check, flush, open, poll};

#[test]
fn many_small_flushes_become_fewer_segments_with_the_same_answers() {
    let folder = folder();
    let store = open(folder.path());
    for number in 1..=20 {
        append(&store, [number]);
        flush(&store);
    }
    check(&store, 1..=20, &[], "before the merge");
    let before = crash_copy(folder.path());
    // The keeper looks every few seconds.
    poll(Duration::from_secs(60), "a merge", || store.stats().merges > 0);
    check(&store, 1..=20, &[], "after the merge");
    poll(Duration::from_secs(60), "merged files to go", || {
        segments(folder.path()).len() as u64 == store.stats().segments
    });
    assert!(store.stats().segments < 16);
    let at_once = crash_copy(folder.path());
    for number in 21..=23 {
        append(&store, [number]);
        flush(&store);
    }
    append(&store, [24]);
    let later = crash_copy(folder.path());
    drop(store);
    // Merged files that are still there, as a crash right after the merge leaves them.
    let both = crash_copy(at_once.path());
    for segment in segments(before.path()) {
        std::fs::copy(&segment, both.path().join(segment.file_name().unwrap())).unwrap();
    }
    for (copy, last) in [(&before, 20), (&at_once, 20), (&both, 20), (&later, 24)] {
        let healthy = crash_copy(copy.path());
        check(&open(healthy.path()), 1..=last, &[], "opened again");
        check_manifest(copy.path(), 1..=last);
    }
}
