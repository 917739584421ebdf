//! Field numbers of `opentelemetry/proto/{common,resource,trace,logs}/v1` and the collectors' requests
//! (opentelemetry-proto 1.9).

pub(super) const REQUEST_RESOURCE_SPANS: u32 = 1;

pub(super) const RESOURCE_SPANS_RESOURCE: u32 = 1;
pub(super) const RESOURCE_SPANS_SCOPE_SPANS: u32 = 2;
pub(super) const RESOURCE_SPANS_SCHEMA_URL: u32 = 3;

pub(super) const RESOURCE_ATTRIBUTE: u32 = 1;
pub(super) const RESOURCE_DROPPED_ATTRIBUTES: u32 = 2;

pub(super) const SCOPE_SPANS_SCOPE: u32 = 1;
pub(super) const SCOPE_SPANS_SPAN: u32 = 2;
pub(super) const SCOPE_SPANS_SCHEMA_URL: u32 = 3;

pub(super) const SCOPE_NAME: u32 = 1;
pub(super) const SCOPE_VERSION: u32 = 2;
pub(super) const SCOPE_ATTRIBUTE: u32 = 3;
pub(super) const SCOPE_DROPPED_ATTRIBUTES: u32 = 4;

pub(super) const SPAN_TRACE_ID: u32 = 1;
pub(super) const SPAN_ID: u32 = 2;
pub(super) const SPAN_TRACE_STATE: u32 = 3;
pub(super) const SPAN_PARENT_ID: u32 = 4;
pub(super) const SPAN_NAME: u32 = 5;
pub(super) const SPAN_KIND: u32 = 6;
pub(super) const SPAN_START: u32 = 7;
pub(super) const SPAN_END: u32 = 8;
pub(super) const SPAN_ATTRIBUTE: u32 = 9;
pub(super) const SPAN_DROPPED_ATTRIBUTES: u32 = 10;
pub(super) const SPAN_EVENT: u32 = 11;
pub(super) const SPAN_DROPPED_EVENTS: u32 = 12;
pub(super) const SPAN_LINK: u32 = 13;
pub(super) const SPAN_DROPPED_LINKS: u32 = 14;
pub(super) const SPAN_STATUS: u32 = 15;
pub(super) const SPAN_FLAGS: u32 = 16;

pub(super) const EVENT_TIME: u32 = 1;
pub(super) const EVENT_NAME: u32 = 2;
pub(super) const EVENT_ATTRIBUTE: u32 = 3;
pub(super) const EVENT_DROPPED_ATTRIBUTES: u32 = 4;

pub(super) const LINK_TRACE_ID: u32 = 1;
pub(super) const LINK_SPAN_ID: u32 = 2;
pub(super) const LINK_TRACE_STATE: u32 = 3;
pub(super) const LINK_ATTRIBUTE: u32 = 4;
pub(super) const LINK_DROPPED_ATTRIBUTES: u32 = 5;
pub(super) const LINK_FLAGS: u32 = 6;

pub(super) const STATUS_MESSAGE: u32 = 2;
pub(super) const STATUS_CODE: u32 = 3;

pub(super) const PAIR_KEY: u32 = 1;
pub(super) const PAIR_VALUE: u32 = 2;

pub(super) const VALUE_STRING: u32 = 1;
pub(super) const VALUE_BOOL: u32 = 2;
pub(super) const VALUE_INT: u32 = 3;
pub(super) const VALUE_DOUBLE: u32 = 4;
pub(super) const VALUE_ARRAY: u32 = 5;
pub(super) const VALUE_MAP: u32 = 6;
pub(super) const VALUE_BYTES: u32 = 7;

/// `ArrayValue.values` and `KeyValueList.values`.
pub(super) const LIST_ITEM: u32 = 1;

// A request for log records has the numbers of one for spans down to the records themselves.

pub(super) const LOG_TIME: u32 = 1;
pub(super) const LOG_SEVERITY: u32 = 2;
pub(super) const LOG_SEVERITY_TEXT: u32 = 3;
pub(super) const LOG_BODY: u32 = 5;
pub(super) const LOG_ATTRIBUTE: u32 = 6;
pub(super) const LOG_DROPPED_ATTRIBUTES: u32 = 7;
pub(super) const LOG_FLAGS: u32 = 8;
pub(super) const LOG_TRACE_ID: u32 = 9;
pub(super) const LOG_SPAN_ID: u32 = 10;
pub(super) const LOG_OBSERVED_TIME: u32 = 11;
pub(super) const LOG_EVENT_NAME: u32 = 12;
