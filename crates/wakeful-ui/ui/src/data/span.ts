import { ask, askJson } from './api.ts';
import { type TraceRef, tracePath } from './trace.ts';

/**
 * A typed value as the server writes it; integers, doubles and bytes come as text, so that no digit is lost. A long one is cut: then
 * `bytes` is how long the whole is.
 */
export type Value = Cut &
  (
    | { type: 'string' | 'int' | 'double' | 'bytes'; value: string }
    | { type: 'bool'; value: boolean }
    | { type: 'array'; value: Value[] }
    | { type: 'map'; value: Attribute[] }
    | { type: 'empty'; value: null }
  );

interface Cut {
  cut?: boolean;
  bytes?: number;
}

export type Attribute = { key: string } & Value;

export interface SpanEvent {
  timeUnixNanos: string;
  name: string;
  attributes: Attribute[];
}

export interface SpanLink {
  traceId: string;
  spanId: string;
  attributes: Attribute[];
}

/** All of one span. */
export interface SpanDetails {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  /** A parent that was never received: it has ids alone. */
  placeholder?: boolean;
  name: string;
  service: string;
  kind: string;
  startUnixNanos: string;
  durationNanos: number;
  status: { code: 'unset' | 'ok' | 'error'; message: string };
  attributes: Attribute[];
  events: SpanEvent[];
  links: SpanLink[];
  warnings: string[];
  resource: Attribute[];
  scope: { name: string; version: string; attributes: Attribute[] };
  traceState: string;
  dropped: { attributes: number; events: number; links: number };
  /** How many there are in all, if not all are here. */
  attributesTotal?: number;
  eventsTotal?: number;
  /** Attributes of ancestors that the span has not itself, the nearest ancestor's first. */
  inherited?: InheritedAttribute[];
  /** Spans of this trace that link to this one. */
  referencedBy?: { row: number; name: string; spanId: string }[];
  /** When the span was polled, in nanoseconds from its start: the first thousand. */
  intervals?: { start: number; dur: number }[];
  intervalsTotal?: number;
  intervalsJoined?: number;
}

export type InheritedAttribute = { from: { row: number; name: string } } & Attribute;

/** The span at a row; 409 if the trace has changed since its revision. `from` continues attributes and events that are many. */
export function fetchSpan(trace: TraceRef, row: number, from: number, signal: AbortSignal): Promise<SpanDetails> {
  return askJson(tracePath(trace, `/span/${row}`, from > 0 ? { from: String(from) } : {}), signal);
}

/** The whole of a value that was cut; `path` is as `attributes/3` or `events/0/attributes/1`. */
export async function fetchValue(trace: TraceRef, row: number, path: string, signal?: AbortSignal): Promise<string> {
  return (await ask(tracePath(trace, `/span/${row}/value`, { path }), signal)).text();
}

/** A value on one line, as one would write it. */
export function valueText(value: Value): string {
  switch (value.type) {
    case 'empty':
      return 'null';
    case 'array':
      return `[${value.value.map(valueText).join(', ')}]`;
    case 'map':
      return `{${value.value.map((entry) => `${entry.key}: ${valueText(entry)}`).join(', ')}}`;
    default:
      return String(value.value);
  }
}
