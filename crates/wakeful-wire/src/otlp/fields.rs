//! Field numbers of `opentelemetry/proto/{common,resource,trace,logs}/v1` and the collectors' requests
//! (opentelemetry-proto 1.9).

pub(crate) const REQUEST_RESOURCE_SPANS: u32 = 1;

pub(crate) const RESOURCE_SPANS_RESOURCE: u32 = 1;
pub(crate) const RESOURCE_SPANS_SCOPE_SPANS: u32 = 2;
pub(crate) const RESOURCE_SPANS_SCHEMA_URL: u32 = 3;

pub(crate) const RESOURCE_ATTRIBUTE: u32 = 1;
pub(crate) const RESOURCE_DROPPED_ATTRIBUTES: u32 = 2;

pub(crate) const SCOPE_SPANS_SCOPE: u32 = 1;
pub(crate) const SCOPE_SPANS_SPAN: u32 = 2;
pub(crate) const SCOPE_SPANS_SCHEMA_URL: u32 = 3;

pub(crate) const SCOPE_NAME: u32 = 1;
pub(crate) const SCOPE_VERSION: u32 = 2;
pub(crate) const SCOPE_ATTRIBUTE: u32 = 3;
pub(crate) const SCOPE_DROPPED_ATTRIBUTES: u32 = 4;

pub(crate) const SPAN_TRACE_ID: u32 = 1;
pub(crate) const SPAN_ID: u32 = 2;
pub(crate) const SPAN_TRACE_STATE: u32 = 3;
pub(crate) const SPAN_PARENT_ID: u32 = 4;
pub(crate) const SPAN_NAME: u32 = 5;
pub(crate) const SPAN_KIND: u32 = 6;
pub(crate) const SPAN_START: u32 = 7;
pub(crate) const SPAN_END: u32 = 8;
pub(crate) const SPAN_ATTRIBUTE: u32 = 9;
pub(crate) const SPAN_DROPPED_ATTRIBUTES: u32 = 10;
pub(crate) const SPAN_EVENT: u32 = 11;
pub(crate) const SPAN_DROPPED_EVENTS: u32 = 12;
pub(crate) const SPAN_LINK: u32 = 13;
pub(crate) const SPAN_DROPPED_LINKS: u32 = 14;
pub(crate) const SPAN_STATUS: u32 = 15;
pub(crate) const SPAN_FLAGS: u32 = 16;

pub(crate) const EVENT_TIME: u32 = 1;
pub(crate) const EVENT_NAME: u32 = 2;
pub(crate) const EVENT_ATTRIBUTE: u32 = 3;
pub(crate) const EVENT_DROPPED_ATTRIBUTES: u32 = 4;

pub(crate) const LINK_TRACE_ID: u32 = 1;
pub(crate) const LINK_SPAN_ID: u32 = 2;
pub(crate) const LINK_TRACE_STATE: u32 = 3;
pub(crate) const LINK_ATTRIBUTE: u32 = 4;
pub(crate) const LINK_DROPPED_ATTRIBUTES: u32 = 5;
pub(crate) const LINK_FLAGS: u32 = 6;

pub(crate) const STATUS_MESSAGE: u32 = 2;
pub(crate) const STATUS_CODE: u32 = 3;

pub(crate) const PAIR_KEY: u32 = 1;
pub(crate) const PAIR_VALUE: u32 = 2;

pub(crate) const VALUE_STRING: u32 = 1;
pub(crate) const VALUE_BOOL: u32 = 2;
pub(crate) const VALUE_INT: u32 = 3;
pub(crate) const VALUE_DOUBLE: u32 = 4;
pub(crate) const VALUE_ARRAY: u32 = 5;
pub(crate) const VALUE_MAP: u32 = 6;
pub(crate) const VALUE_BYTES: u32 = 7;

/// `ArrayValue.values` and `KeyValueList.values`.
pub(crate) const LIST_ITEM: u32 = 1;

// A request for log records has the numbers of one for spans down to the records themselves.

pub(crate) const LOG_TIME: u32 = 1;
pub(crate) const LOG_SEVERITY: u32 = 2;
pub(crate) const LOG_SEVERITY_TEXT: u32 = 3;
pub(crate) const LOG_BODY: u32 = 5;
pub(crate) const LOG_ATTRIBUTE: u32 = 6;
pub(crate) const LOG_DROPPED_ATTRIBUTES: u32 = 7;
pub(crate) const LOG_FLAGS: u32 = 8;
pub(crate) const LOG_TRACE_ID: u32 = 9;
pub(crate) const LOG_SPAN_ID: u32 = 10;
pub(crate) const LOG_OBSERVED_TIME: u32 = 11;
pub(crate) const LOG_EVENT_NAME: u32 = 12;
