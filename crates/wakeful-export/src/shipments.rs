//! Requests on their way to several destinations: each gets all of them, in order and at its own pace, so that none waits for
//! another.

use std::collections::{BTreeMap, VecDeque};

use bytes::Bytes;

use crate::destination::Outcome;
use crate::lost::{Notice, Within};
use crate::settings::BatchSettings;

/// So much waits for a destination that is slower than the others, if nobody says how many items may.
const BACKLOG_BYTES_MAX: usize = 8 << 20;

/// A request that is made.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) bytes: Bytes,
    /// Its spans or log records.
    pub(crate) count: u64,
    /// When all of them were recorded.
    pub(crate) within: Within,
    /// What it tells of losses.
    pub(crate) notice: Notice,
}

/// A request that one destination is to get now.
#[derive(Debug, Clone)]
pub(crate) struct Shipment {
    pub(crate) id: u64,
    /// Which destination of the signal.
    pub(crate) to: usize,
    pub(crate) bytes: Bytes,
    pub(crate) count: u64,
}

/// What became of a request at all its destinations together.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) request: Request,
    /// The worst of all, so that no loss is hidden.
    pub(crate) outcome: Outcome,
    /// Some destination has it, whatever became of it at the others.
    pub(crate) is_received: bool,
}

/// The requests of one signal that some destination is not done with.
#[derive(Debug)]
pub(crate) struct Shipments {
    open: BTreeMap<u64, Open>,
    next_id: u64,
    lines: Vec<Line>,
    in_flight_max: usize,
    backlog_items_max: Option<u64>,
}

#[derive(Debug)]
struct Open {
    ended: Ended,
    /// How many destinations are not done with it.
    left: usize,
}

/// What one destination is still to get, by id.
#[derive(Debug, Default)]
struct Line {
    waiting: VecDeque<u64>,
    waiting_items: u64,
    waiting_bytes: usize,
    flying: Vec<u64>,
    /// It gets nothing any more: the program ends, and it did not take what it was sent last.
    is_given_up: bool,
}

impl Shipments {
    pub(crate) fn new(destinations: usize, settings: &BatchSettings) -> Self {
        Self {
            open: BTreeMap::new(),
            next_id: 0,
            lines: (0..destinations).map(|_| Line::default()).collect(),
            in_flight_max: settings.concurrent_exports_max,
            backlog_items_max: settings.queue_items_max.map(|max| max as u64),
        }
    }

    /// Whether a request could be sent at once to some destination, or there is none left to get one.
    pub(crate) fn wants_more(&self) -> bool {
        let has_room = |line: &Line| line.waiting.is_empty() && line.flying.len() < self.in_flight_max;
        let mut taking = self.lines.iter().filter(|line| !line.is_given_up).peekable();
        taking.peek().is_none() || taking.any(has_room)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.open.is_empty()
    }

    /// Adds a request for all destinations. Those that have no room for it are told to `no_room`; it is ended at once if it has come to
    /// nobody.
    pub(crate) fn add(&mut self, request: Request, mut no_room: impl FnMut(usize)) -> Option<Ended> {
        let id = self.next_id;
        self.next_id += 1;
        let mut open = Open {
            left: 0,
            ended: Ended {
                outcome: Outcome::Received { rejected: 0 },
                is_received: false,
                request,
            },
        };
        for (at, line) in self.lines.iter_mut().enumerate() {
            if line.is_given_up {
                open.ended.add(Outcome::Failed);
            } else if line.has_room(&open.ended.request, self.backlog_items_max) {
                line.push(id, &open.ended.request);
                open.left += 1;
            } else {
                no_room(at);
                open.ended.add(Outcome::NoRoom);
            }
        }
        if open.left == 0 {
            return Some(open.ended);
        }
        self.open.insert(id, open);
        None
    }

    /// Takes what is to be sent now.
    pub(crate) fn take_due(&mut self) -> Vec<Shipment> {
        let mut due = Vec::new();
        for (to, line) in self.lines.iter_mut().enumerate() {
            while line.flying.len() < self.in_flight_max
                && let Some(id) = line.waiting.pop_front()
            {
                let Some(open) = self.open.get(&id) else {
                    continue;
                };
                let request = &open.ended.request;
                line.waiting_items -= request.count;
                line.waiting_bytes -= request.bytes.len();
                line.flying.push(id);
                due.push(Shipment {
                    id,
                    to,
                    bytes: request.bytes.clone(),
                    count: request.count,
                });
            }
        }
        due
    }

    /// A destination is done with a request. Returns it if that was the last one.
    pub(crate) fn done(&mut self, shipment: &Shipment, outcome: Outcome) -> Option<Ended> {
        let line = self.lines.get_mut(shipment.to)?;
        let at = line.flying.iter().position(|id| *id == shipment.id)?;
        line.flying.swap_remove(at);
        self.end_one(shipment.id, outcome)
    }

    /// Sends nothing to that destination any more; returns the requests that had waited for it alone.
    pub(crate) fn give_up(&mut self, to: usize) -> Vec<Ended> {
        let Some(line) = self.lines.get_mut(to) else {
            return Vec::new();
        };
        line.is_given_up = true;
        (line.waiting_items, line.waiting_bytes) = (0, 0);
        let waiting = std::mem::take(&mut line.waiting);
        let ends = waiting
            .into_iter()
            .filter_map(|id| self.end_one(id, Outcome::Failed));
        ends.collect()
    }

    /// What was on its way waits again: whoever sent it is no more.
    pub(crate) fn take_back(&mut self) {
        for line in &mut self.lines {
            let mut flying = std::mem::take(&mut line.flying);
            flying.sort_unstable();
            for id in flying.into_iter().rev() {
                if let Some(open) = self.open.get(&id) {
                    line.push_front(id, &open.ended.request);
                }
            }
        }
    }

    /// Ends everything: what somebody has not got counts as failed. `write` gets what waits for a destination, which may take it at the
    /// last moment; whether it did.
    pub(crate) fn end(&mut self, write: impl Fn(usize, &Bytes) -> bool) -> Vec<Ended> {
        for (to, line) in self.lines.iter_mut().enumerate() {
            for id in line.waiting.drain(..) {
                if let Some(open) = self.open.get_mut(&id)
                    && write(to, &open.ended.request.bytes)
                {
                    open.ended.add(Outcome::Received { rejected: 0 });
                    open.left -= 1;
                }
            }
            line.flying.clear();
            (line.waiting_items, line.waiting_bytes) = (0, 0);
        }
        let open = std::mem::take(&mut self.open);
        let ends = open.into_values().map(|mut open| {
            if open.left > 0 {
                open.ended.add(Outcome::Failed);
            }
            open.ended
        });
        ends.collect()
    }

    fn end_one(&mut self, id: u64, outcome: Outcome) -> Option<Ended> {
        let open = self.open.get_mut(&id)?;
        open.ended.add(outcome);
        open.left -= 1;
        if open.left > 0 {
            return None;
        }
        Some(self.open.remove(&id)?.ended)
    }
}

impl Line {
    /// An empty line takes any request, else nothing big would ever be sent.
    fn has_room(&self, request: &Request, items_max: Option<u64>) -> bool {
        let has_room = match items_max {
            Some(max) => self.waiting_items + request.count <= max,
            None => self.waiting_bytes + request.bytes.len() <= BACKLOG_BYTES_MAX,
        };
        has_room || self.waiting.is_empty()
    }

    fn push(&mut self, id: u64, request: &Request) {
        self.waiting.push_back(id);
        self.count(request);
    }

    fn push_front(&mut self, id: u64, request: &Request) {
        self.waiting.push_front(id);
        self.count(request);
    }

    fn count(&mut self, request: &Request) {
        self.waiting_items += request.count;
        self.waiting_bytes += request.bytes.len();
    }
}

impl Ended {
    fn add(&mut self, outcome: Outcome) {
        self.is_received |= matches!(outcome, Outcome::Received { .. } | Outcome::Partly { .. });
        self.outcome = self.outcome.worst(outcome);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: Outcome = Outcome::Received { rejected: 0 };

    fn request(count: u64) -> Request {
        Request {
            bytes: Bytes::from(vec![0; 100]),
            count,
            within: Within::at(1),
            notice: Notice::default(),
        }
    }

    /// Two destinations with one request in flight each.
    fn two(queue_items_max: Option<usize>) -> Shipments {
        let settings = BatchSettings {
            queue_items_max,
            ..BatchSettings::default()
        };
        Shipments::new(2, &settings)
    }

    /// What is due, as destination and request.
    fn due(shipments: &mut Shipments) -> Vec<(usize, u64)> {
        let due = shipments.take_due();
        due.into_iter()
            .map(|shipment| (shipment.to, shipment.id))
            .collect()
    }

    fn done(shipments: &mut Shipments, to: usize, id: u64, outcome: Outcome) -> Option<(Outcome, bool)> {
        let shipment = Shipment {
            id,
            to,
            bytes: Bytes::new(),
            count: 0,
        };
        let ended = shipments.done(&shipment, outcome)?;
        Some((ended.outcome, ended.is_received))
    }

    #[test]
    fn each_destination_has_its_own_pace() {
        let mut shipments = two(None);
        for id in 0..3 {
            assert!(shipments.wants_more());
            assert!(shipments.add(request(1), |_| panic!("there is room")).is_none());
            let expected = if id == 0 {
                vec![(0, 0), (1, 0)]
            } else {
                vec![(1, id)]
            };
            assert_eq!(due(&mut shipments), expected);
            assert!(!shipments.wants_more());
            // The first one hangs.
            assert_eq!(done(&mut shipments, 1, id, GOOD), None);
        }
        assert_eq!(done(&mut shipments, 0, 0, GOOD), Some((GOOD, true)));
        assert_eq!(due(&mut shipments), [(0, 1)]);
        assert_eq!(
            done(&mut shipments, 0, 1, Outcome::Failed),
            Some((Outcome::Failed, true))
        );
        assert_eq!(due(&mut shipments), [(0, 2)]);
        assert_eq!(
            done(&mut shipments, 0, 2, Outcome::Refused),
            Some((Outcome::Refused, true))
        );
        assert!(shipments.is_empty());
    }

    #[test]
    fn what_waits_for_a_slow_destination_has_a_bound() {
        let mut shipments = two(Some(10));
        let mut refused = Vec::new();
        for id in 0..5 {
            assert!(shipments.add(request(4), |at| refused.push((at, id))).is_none());
            shipments.take_due();
            done(&mut shipments, 1, id, GOOD);
        }
        // One is on its way, and two are eight items.
        assert_eq!(refused, [(0, 3), (0, 4)]);
        assert_eq!(done(&mut shipments, 0, 0, GOOD), Some((GOOD, true)));
    }

    #[test]
    fn who_is_given_up_gets_nothing_more() {
        let mut shipments = two(None);
        for _ in 0..2 {
            shipments.add(request(1), |_| {});
        }
        assert_eq!(due(&mut shipments), [(0, 0), (1, 0)]);
        assert_eq!(done(&mut shipments, 0, 0, Outcome::Failed), None);
        assert!(shipments.give_up(0).is_empty());
        assert_eq!(due(&mut shipments), []);
        assert_eq!(done(&mut shipments, 1, 0, GOOD), Some((Outcome::Failed, true)));
        assert_eq!(due(&mut shipments), [(1, 1)]);
        assert_eq!(
            done(&mut shipments, 1, 1, Outcome::Failed),
            Some((Outcome::Failed, false))
        );
        assert!(shipments.give_up(1).is_empty());
        assert!(shipments.wants_more());
        let ended = shipments.add(request(1), |_| {}).unwrap();
        assert_eq!((ended.outcome, ended.is_received), (Outcome::Failed, false));
    }

    #[test]
    fn what_was_on_its_way_goes_again_to_those_who_have_it_not() {
        let mut shipments = two(None);
        for _ in 0..2 {
            shipments.add(request(1), |_| {});
        }
        assert_eq!(due(&mut shipments), [(0, 0), (1, 0)]);
        assert_eq!(done(&mut shipments, 1, 0, GOOD), None);
        shipments.take_back();
        assert_eq!(due(&mut shipments), [(0, 0), (1, 1)]);
    }

    #[test]
    fn what_is_left_in_the_end_is_written_or_failed() {
        let mut shipments = two(None);
        for _ in 0..2 {
            shipments.add(request(1), |_| {});
        }
        assert_eq!(due(&mut shipments), [(0, 0), (1, 0)]);
        assert_eq!(done(&mut shipments, 1, 0, GOOD), None);
        let ended = shipments.end(|to, _| to == 1);
        let ended: Vec<_> = ended.iter().map(|it| (it.outcome, it.is_received)).collect();
        assert_eq!(ended, [(Outcome::Failed, true), (Outcome::Failed, true)]);
        assert!(shipments.is_empty());
    }
}
