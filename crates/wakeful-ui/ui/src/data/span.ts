import { askJson } from './api.ts';

/** A typed value as the server writes it; integers, doubles and bytes come as text, so that no digit is lost. */
export type Value =
  | { type: 'string' | 'int' | 'double' | 'bytes'; value: string }
  | { type: 'bool'; value: boolean }
  | { type: 'array'; value: Value[] }
  | { type: 'map'; value: Attribute[] }
  | { type: 'empty'; value: null };

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
}

/** The span at a row of the trace as it was at `rev`; 409 if the trace has changed since. */
export function fetchSpan(trace: string, row: number, rev: string, signal: AbortSignal): Promise<SpanDetails> {
  return askJson(`trace/${encodeURIComponent(trace)}/span/${row}?${new URLSearchParams({ rev })}`, signal);
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
