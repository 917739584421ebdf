import type { Server } from './server.ts';
import { NOW } from './server.ts';

/** When the traces of these tests begin (Unix ns). */
export const BASE = BigInt(NOW - 60_000) * 1_000_000n;

export type AttributeValue = string | number | boolean | { hex: string } | { json: object };

export interface TestEvent {
  name: string;
  at: number;
  attributes?: Record<string, string>;
}

/** A span as a test writes it; times are nanoseconds from `BASE`. */
export interface TestSpan {
  service: string;
  name: string;
  /** Place of the parent in the list; none for a root. */
  parent?: number;
  start: number;
  dur: number;
  error?: string;
  attributes?: Record<string, AttributeValue>;
  events?: TestEvent[];
  links?: { traceId: string; spanId: string }[];
}

/** The id of the span at a place in the list. */
export function spanIdAt(place: number): string {
  return (place + 1).toString(16).padStart(16, '0');
}

/** Sends spans as a client would; `from` leaves out those that were sent before, `losses` are lines of what each service lost. */
export async function send(server: Server, traceId: string, spans: readonly TestSpan[], from = 0, losses: readonly string[] = []): Promise<void> {
  if (!server.otlp) throw new Error('these tests need a server that takes spans: set WAKEFUL_BIN to the binary');
  const byService = new Map<string, object[]>();
  spans.forEach((span, place) => {
    if (place < from) return;
    byService.set(span.service, [...(byService.get(span.service) ?? []), otlpOf(traceId, span, place)]);
  });
  const resourceSpans = [...byService].map(([service, list]) => ({
    resource: { attributes: [{ key: 'service.name', value: { stringValue: service } }] },
    scopeSpans: [{ scope: scopeOf(losses), spans: list }],
  }));
  const answer = await fetch(`http://${server.otlp}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ resourceSpans }),
  });
  if (!answer.ok) throw new Error(`spans were refused: ${answer.status} ${await answer.text()}`);
}

/** What was lost is told by the attributes of the scope (docs/loss.md). */
function scopeOf(losses: readonly string[]): object {
  if (losses.length === 0) return { name: 'browser-tests', version: '1.0' };
  const values = losses.map((stringValue) => ({ stringValue }));
  return { name: 'wakeful', version: '1.0', attributes: [{ key: 'wakeful.lost.by_thread', value: { arrayValue: { values } } }] };
}

function otlpOf(traceId: string, span: TestSpan, place: number): object {
  const at = (nanos: number) => String(BASE + BigInt(nanos));
  return {
    traceId,
    spanId: spanIdAt(place),
    ...(span.parent === undefined ? {} : { parentSpanId: spanIdAt(span.parent) }),
    name: span.name,
    kind: 1,
    startTimeUnixNano: at(span.start),
    endTimeUnixNano: at(span.start + span.dur),
    status: span.error === undefined ? {} : { code: 2, message: span.error },
    attributes: Object.entries(span.attributes ?? {}).map(([key, value]) => ({ key, value: valueOf(value) })),
    events: (span.events ?? []).map((event) => ({
      name: event.name,
      timeUnixNano: at(event.at),
      attributes: Object.entries(event.attributes ?? {}).map(([key, text]) => ({ key, value: { stringValue: text } })),
    })),
    links: span.links ?? [],
  };
}

function valueOf(value: AttributeValue): object {
  if (typeof value === 'boolean') return { boolValue: value };
  if (typeof value === 'number') return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value };
  if (typeof value === 'string') return { stringValue: value };
  if ('hex' in value) return { bytesValue: Buffer.from(value.hex, 'hex').toString('base64') };
  return { stringValue: JSON.stringify(value.json) };
}

export const CHECKOUT = 'c4ec0000000000000000000000000001';

/** A checkout over six services: a run of equal siblings, an error, events, a link and typed attributes. */
export function checkout(): TestSpan[] {
  const ms = (n: number) => Math.round(n * 1e6);
  const spans: TestSpan[] = [
    { service: 'frontend', name: 'POST /checkout', start: 0, dur: ms(52), attributes: { 'request.id': 'r-7', 'http.method': 'POST' } },
    { service: 'auth', name: 'verify token', parent: 0, start: ms(1), dur: ms(4), attributes: { 'http.method': 'GET' } },
    { service: 'checkout', name: 'place order', parent: 0, start: ms(6), dur: ms(41), attributes: { 'http.method': 'POST' } },
    { service: 'cart', name: 'get cart', parent: 2, start: ms(6.5), dur: ms(9) },
    {
      service: 'payment',
      name: 'charge card',
      parent: 2,
      start: ms(17),
      dur: ms(22),
      error: 'deadline exceeded',
      attributes: {
        'http.method': 'POST',
        'request.body': { json: { amount: 4200, items: [{ sku: 'A-1' }] } },
        'card.hash': { hex: '00ff10' },
        retries: 3,
        ratio: 0.5,
        vip: true,
      },
      events: [{ name: 'exception', at: ms(38), attributes: { level: 'ERROR', 'exception.type': 'DeadlineExceeded' } }],
      links: [{ traceId: CHECKOUT, spanId: spanIdAt(1) }],
    },
  ];
  for (let i = 0; i < 24; i++) spans.push({ service: 'redis', name: 'HGET', parent: 3, start: ms(7 + i * 0.3), dur: ms(0.2) });
  spans[0].events = [{ name: 'request received', at: ms(0.1) }];
  return spans;
}

export const HOSTILE_TRACE = 'bad00000000000000000000000000001';

export const HOSTILE_TEXTS = [
  '<img src=x onerror="document.title=1">',
  '<script>document.title=1</script>',
  'javascript:document.title=1',
  '"><svg onload=document.title=1>',
  '\u001b[31mred\u001b[0m\u0007',
  '\u202etxt.exe',
  '\u2066isolated\u2069',
  '{"__proto__": {"polluted": true}}',
];

/** What nobody sends by mistake: texts that want to be code, long values, many attributes, long names, many events. */
export function hostile(): TestSpan[] {
  const many = Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`key.${i}`, `value ${i}`]));
  const texts = Object.fromEntries(HOSTILE_TEXTS.map((text, i) => [`hostile.${i}`, text]));
  return [
    { service: HOSTILE_TEXTS[0], name: HOSTILE_TEXTS[1], start: 0, dur: 1e9, attributes: { ...texts, long: 'x'.repeat(1_000_000) }, error: HOSTILE_TEXTS[0] },
    { service: 'svc', name: 'n'.repeat(64 * 1024), parent: 0, start: 1e6, dur: 5e8, attributes: many },
    { service: HOSTILE_TEXTS[5], name: HOSTILE_TEXTS[4], parent: 0, start: 2e6, dur: 4e8, events: HOSTILE_TEXTS.map((name, i) => ({ name, at: 3e6 + i, attributes: { text: name } })) },
  ];
}
