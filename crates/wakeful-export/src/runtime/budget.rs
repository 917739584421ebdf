//! How many bytes of runtime data a program may send.

/// What a batch may still take. Sizes are those of the encoded items, roughly and rather too big.
#[derive(Debug)]
pub(super) struct Budget {
    bytes_max: usize,
    left: usize,
}

/// What an item is worth when not all have room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Worth {
    /// Goes as long as there is room: without it the rest is a riddle.
    Needed,
    /// Goes as long as a quarter of all room is left for what is needed.
    Wanted,
    /// Goes as long as a third of all room is left for what is wanted, and that quarter.
    Welcome,
}

impl Budget {
    pub(super) fn new(bytes_max: usize) -> Self {
        Self {
            bytes_max,
            left: bytes_max,
        }
    }

    /// Takes room for an item, if there is some.
    pub(super) fn take(&mut self, bytes: usize, worth: Worth) -> bool {
        let kept = match worth {
            Worth::Needed => 0,
            Worth::Wanted => self.bytes_max / 4,
            Worth::Welcome => self.bytes_max / 4 + self.bytes_max / 3,
        };
        match self.left.checked_sub(bytes).filter(|left| *left >= kept) {
            Some(left) => {
                self.left = left;
                true
            }
            None => false,
        }
    }

    /// So much time has gone by: there is room again, for a second's worth at most.
    pub(super) fn renew(&mut self, nanos: u64) {
        let more = self.bytes_max as f64 * nanos as f64 / 1e9;
        self.left = self.left.saturating_add(more as usize).min(self.bytes_max);
    }

    /// Takes room for what goes in any case.
    pub(super) fn take_anyway(&mut self, bytes: usize) {
        self.left = self.left.saturating_sub(bytes);
    }
}
