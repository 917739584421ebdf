//! Which field of which message has which number: the schema, once.

use wakeful_model::runtime::{
    AsyncOp, Contention, DurationHistogram, Flavor, Gap, Holder, Insight, Location, LocationSums, Loss, Poll,
    ResourceEnd, ResourceStart, ResourceState, Runtime, RuntimeBatch, RuntimeMetrics, StateAttribute,
    TaskEnd, TaskEndKind, TaskKind, TaskStart, TaskSums, Thread, Wake, WakerSums, WorkerMetrics,
};

#[cfg(feature = "decode")]
use super::field::Room;
use super::field::{Message, Value, numbers};
use crate::protobuf::Writer;
#[cfg(feature = "decode")]
use crate::protobuf::{DecodeError, Field, Fields};

macro_rules! messages {
    ($($type:ident { $($number:literal $field:ident)* })*) => {
        $(
            impl Message for $type {
                fn write_fields(&self, out: &mut Writer) {
                    $(self.$field.write($number, out);)*
                }

                #[cfg(feature = "decode")]
                fn read_fields(&mut self, mut fields: Fields<'_>, room: &mut Room<'_>) -> Result<(), DecodeError> {
                    while let Some((number, field)) = fields.next()? {
                        match number {
                            $($number => self.$field.read(field, room)?,)*
                            _ => {}
                        }
                    }
                    Ok(())
                }
            }

            impl Value for $type {
                fn write_present(&self, number: u32, out: &mut Writer) {
                    out.message(number, |out| self.write_fields(out));
                }

                fn write(&self, number: u32, out: &mut Writer) {
                    if *self != Self::default() {
                        self.write_present(number, out);
                    }
                }

                #[cfg(feature = "decode")]
                fn read(&mut self, field: Field<'_>, room: &mut Room<'_>) -> Result<(), DecodeError> {
                    match field {
                        Field::Bytes(bytes, at) => self.read_fields(Fields::new(bytes, at), room),
                        _ => Ok(()),
                    }
                }

                #[cfg(test)]
                fn schema() -> String {
                    stringify!($type).to_owned()
                }
            }
        )*

        /// The messages as the schema has them.
        #[cfg(test)]
        pub(super) fn schema() -> String {
            fn field<M, T: Value>(_: impl Fn(&M) -> &T, name: &str, number: u32) -> String {
                format!("  {} {name} = {number};\n", T::schema())
            }
            let mut schema = String::new();
            $(
                schema += concat!("message ", stringify!($type), " {\n");
                $(schema += &field(|message: &$type| &message.$field, stringify!($field), $number);)*
                schema += "}\n";
            )*
            schema
        }
    };
}

messages! {
    RuntimeBatch {
        1 resource 2 from_unix_nanos 3 to_unix_nanos 4 insight 5 gaps 6 runtimes 7 threads 8 locations 9 task_starts
        10 task_ends 11 polls 12 wakes 13 task_sums 14 location_sums 15 resource_starts 16 resource_ends
        17 resource_states 18 async_ops 19 metrics 20 losses
    }
    Gap { 1 missing 2 remedy }
    Runtime { 1 id 2 name 3 flavor 4 workers }
    Thread { 1 id 2 name 3 runtime 4 worker }
    Location { 1 file 2 line 3 column }
    TaskStart {
        1 id 2 start_unix_nanos 3 parent 4 location 5 name 6 kind 7 runtime 8 type_name 9 future_bytes 10 stored_bytes
        11 spawned_in
    }
    TaskEnd { 1 id 2 end_unix_nanos 3 kind }
    Poll { 1 task 2 thread 3 start_unix_nanos 4 duration_nanos 5 scheduled_nanos }
    Wake { 1 task 2 at_unix_nanos 3 by 4 thread }
    TaskSums {
        1 task 2 polls 3 busy_nanos 4 scheduled_nanos 5 first_poll_unix_nanos 6 last_poll_start_unix_nanos
        7 last_poll_end_unix_nanos 8 wakers 9 poll_times 10 scheduled_times
    }
    WakerSums { 1 wakes 2 self_wakes 3 clones 4 drops 5 last_wake_unix_nanos }
    DurationHistogram { 1 buckets 2 max_nanos }
    LocationSums {
        1 location 2 kind 3 runtime 4 from_unix_nanos 5 to_unix_nanos 6 alive 7 started 8 ended 9 polls 10 busy_nanos
        11 longest_poll_nanos 12 scheduled_nanos 13 longest_scheduled_nanos 14 wakes 15 self_wakes
    }
    ResourceStart {
        1 id 2 start_unix_nanos 3 kind 4 concrete_type 5 target 6 name 7 location 8 parent 9 is_internal
    }
    ResourceEnd { 1 id 2 end_unix_nanos }
    ResourceState { 1 resource 2 at_unix_nanos 3 attributes 4 holders 5 waiters 6 contention 7 hold_times }
    StateAttribute { 1 key 2 value 3 unit }
    Holder { 1 task 2 since_unix_nanos 3 location 4 how }
    Contention { 1 acquisitions 2 contended 3 waited_nanos 4 held_nanos }
    AsyncOp {
        1 id 2 resource 3 parent 4 task 5 source 6 location 7 start_unix_nanos 8 end_unix_nanos 9 polls 10 busy_nanos
        11 last_poll_start_unix_nanos 12 last_poll_end_unix_nanos 13 is_ready 14 attributes
    }
    RuntimeMetrics {
        1 runtime 2 at_unix_nanos 3 alive_tasks 4 global_queue_depth 5 workers 6 blocking_threads
        7 idle_blocking_threads 8 blocking_queue_depth 9 spawned_tasks 10 remote_schedules 11 budget_forced_yields
        12 io_registered 13 io_ready
    }
    WorkerMetrics {
        1 worker 2 thread 3 busy_nanos 4 parks 5 parks_and_unparks 6 local_queue_depth 7 polls 8 steals 9 overflows
        10 mean_poll_nanos
    }
    Loss { 1 cause 2 polls 3 wakes 4 tasks 5 others }
}

/// Enums by their numbers; one that is not known reads as the first.
macro_rules! enums {
    ($($type:ident)*) => {
        numbers! {$(
            $type, stringify!($type), |value| value as u64,
            |number| usize::try_from(number).ok().and_then(|at| Self::ALL.get(at).copied()).unwrap_or_default();
        )*}
    };
}

enums! { Insight Flavor TaskKind TaskEndKind }
