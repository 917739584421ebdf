import type { IncomingMessage, ServerResponse } from 'node:http';
import { attributeIn, findIn, logsIn, mockSpanId, pointsIn } from './mock-parts.ts';
import { lanesOfSpan, MockRuntime } from './mock-runtime.ts';
import { answerSearch } from './mock-search.ts';
import { arrowOf, generated, type MockTrace, miniRedis, servicesOf } from './mock-trace.ts';

const KINDS = ['', 'internal', 'server', 'client', 'producer', 'consumer'];
const KB = 'k'.repeat(1024);
/** A trace that has more spans than are sent; no search finds it. */
const CUT_ID = 'c'.repeat(32);

/** A server of `docs/ui-api.md` with generated traces, for development without a binary. */
export class Mock {
  private readonly traces: MockTrace[];
  private readonly cut: MockTrace;
  private readonly runtime: MockRuntime;
  private readonly answers = new Map<string, Uint8Array>();

  /** Traces end shortly before `now` (Unix ms). `largest` leaves larger traces out; with 0 there are none at all. */
  constructor(now: number, largest = 1_000_000) {
    this.runtime = new MockRuntime(now, largest > 0);
    const minutesAgo = (minutes: number) => BigInt(Math.round(now - minutes * 60_000)) * 1_000_000n + 123_456n;
    this.cut = { ...generated(CUT_ID, 1_421, minutesAgo(2), 93.1e9), stored: 9_310_000 };
    this.traces = largest === 0 ? [] : [miniRedis(minutesAgo(1))];
    const big: [number, number][] = [
      [1_421, 2.4e9],
      [100_000, 41e9],
      [1_000_000, 372e9],
    ];
    for (const [count, duration] of big) {
      if (count > largest) continue;
      this.traces.push(generated(String(count).padStart(32, 'a'), count, minutesAgo(3 + count / 50_000), duration));
    }
    for (let i = 0; i < (largest === 0 ? 0 : 30); i++) {
      const id = String(i).padStart(32, 'b');
      this.traces.push(generated(id, 3 + i * 2, minutesAgo(5 + i * 1.5), 1e6 * (1 + (i % 7)) ** 3));
    }
  }

  /** Answers if the request is one of the API's; false otherwise. */
  answer(request: IncomingMessage, response: ServerResponse): boolean {
    const url = new URL(request.url ?? '/', 'http://mock');
    const [, rest] = /^\/api\/ui\/(.*)$/.exec(url.pathname) ?? [];
    if (rest === undefined) return false;
    response.setHeader('x-wakeful-ui', 'mock');
    const [head, id, part, row, of] = rest.split('/');
    if (rest === 'services') this.json(response, { services: this.services() });
    else if (rest === 'operations') this.json(response, { operations: this.operations(url.searchParams.get('service')) });
    else if (rest === 'about') this.json(response, this.about());
    else if (this.runtime.answer(rest, url.searchParams, response)) return true;
    else if (answerSearch(this.traces, rest, url.searchParams, request, response)) return true;
    else if (head === 'trace' && of === 'lanes') this.lanes(id, Number(row), response);
    else if (head === 'trace' && row !== undefined) this.span(id, Number(row), response);
    else if (head === 'trace' && part !== undefined) this.part(id, part, url.searchParams, response);
    else if (head === 'trace') this.trace(id, response);
    else this.fail(response, 404, `nothing is at ${url.pathname}`);
    return true;
  }

  private stored(id: string): MockTrace | undefined {
    return id === CUT_ID ? this.cut : this.traces.find((trace) => trace.id === id);
  }

  private services(): string[] {
    return [...new Set(this.traces.flatMap((trace) => servicesOf(trace).map(({ name }) => name)))].sort();
  }

  private operations(service: string | null): { name: string; kind: string }[] {
    const names = new Set<string>();
    for (const trace of this.traces.filter(({ start }) => start.length < 10_000)) {
      trace.name.forEach((name, row) => {
        if (service === null || trace.service[row] === service) names.add(name);
      });
    }
    return [...names].sort().map((name) => ({ name, kind: 'internal' }));
  }

  private about(): object {
    return {
      version: 'mock',
      listeners: [{ name: 'OTLP HTTP', address: '127.0.0.1:4318' }],
      backend: 'memory',
      dataDir: '',
      spans: 1_101_424,
      bytes: 61_000_000,
      oldestUnixNanos: String(this.traces.reduce((least, { base }) => (base < least ? base : least), 1n << 62n)),
      newestUnixNanos: String(this.traces.reduce((most, { base }) => (base > most ? base : most), 0n)),
      retention: { seconds: 604_800, bytes: null },
      limits: [{ name: 'request size', value: '64 MiB', setting: '--request-bytes-max' }],
    };
  }

  private trace(id: string, response: ServerResponse): void {
    const trace = this.stored(id);
    if (!trace) return this.fail(response, 404, `no span of trace ${id} is stored`);
    let bytes = this.answers.get(id);
    if (!bytes) {
      bytes = arrowOf(trace);
      this.answers.set(id, bytes);
    }
    response.setHeader('content-type', 'application/vnd.apache.arrow.stream');
    response.end(bytes);
  }

  private part(id: string, part: string, query: URLSearchParams, response: ServerResponse): void {
    const trace = this.stored(id);
    if (!trace) return this.fail(response, 404, `no span of trace ${id} is stored`);
    const arrow = {
      find: () => findIn(trace, query.get('q') ?? ''),
      attribute: () => attributeIn(trace, query.get('key') ?? ''),
      points: () => pointsIn(trace, query.get('rows') ?? ''),
    }[part];
    if (arrow) {
      response.setHeader('content-type', 'application/vnd.apache.arrow.stream');
      response.end(arrow());
    } else if (part === 'attributes') {
      this.json(response, { keys: ['http.method'] });
    } else if (part === 'ids') {
      this.json(response, { ids: (query.get('rows') ?? '').split(',').map((row) => mockSpanId(Number(row))) });
    } else if (part === 'rows') {
      this.json(response, { rows: (query.get('ids') ?? '').split(',').map((id) => Number.parseInt(id, 16)) });
    } else if (part === 'logs') {
      response.setHeader('content-type', 'application/x-ndjson');
      response.end(logsIn(trace, query.get('cursor') ?? '').map((line) => `${JSON.stringify(line)}\n`).join(''));
    } else if (part === 'watch') {
      // Nothing ever happens to a generated trace: the answer stays open.
      response.setHeader('content-type', 'application/x-ndjson');
      response.write(`${JSON.stringify({ type: 'alive' })}\n`);
    } else {
      this.fail(response, 404, `nothing is at trace/${id}/${part}`);
    }
  }

  private span(id: string, row: number, response: ServerResponse): void {
    const trace = this.stored(id);
    if (!trace || !(row < trace.start.length)) return this.fail(response, 404, 'no such row');
    this.json(response, details(trace, row));
  }

  private lanes(id: string, row: number, response: ServerResponse): void {
    const trace = this.stored(id);
    if (!trace || !(row < trace.start.length)) return this.fail(response, 404, 'no such row');
    response.setHeader('content-type', 'application/vnd.apache.arrow.stream');
    response.end(lanesOfSpan(trace.base, trace.start[row], trace.dur[row]));
  }

  private json(response: ServerResponse, object: object): void {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(object));
  }

  private fail(response: ServerResponse, status: number, message: string): void {
    response.statusCode = status;
    this.json(response, { error: { message } });
  }
}

function details(trace: MockTrace, row: number): object {
  const spanId = row.toString(16).padStart(16, '0');
  if (trace.service[row] === '') return { placeholder: true, traceId: trace.id, spanId: trace.name[row] };
  const failed = (trace.flags[row] & 3) === 2;
  const start = trace.base + BigInt(trace.start[row]);
  return {
    traceId: trace.id,
    spanId,
    name: trace.name[row],
    service: trace.service[row],
    kind: KINDS[(trace.flags[row] >> 2) & 7],
    startUnixNanos: String(start),
    durationNanos: trace.dur[row],
    status: { code: failed ? 'error' : 'unset', message: failed ? 'deadline exceeded' : '' },
    attributes: [
      { key: 'code.filepath', type: 'string', value: 'src/cmd/apply.rs' },
      { key: 'http.status_code', type: 'int', value: failed ? '500' : '200' },
      { key: 'thread.id', type: 'int', value: '9223372036854775807' },
      { key: 'ratio', type: 'double', value: '0.1' },
      { key: 'cached', type: 'bool', value: true },
      { key: 'ids', type: 'array', value: [{ type: 'int', value: '1' }, { type: 'string', value: 'two' }] },
      { key: 'user.input', type: 'string', value: '<img src=x onerror=alert(1)> \u202etxt.exe\u0000 javascript:alert(1)' },
      { key: 'body', type: 'string', value: KB.repeat(1_000) },
      { key: '', type: 'string', value: '' },
    ],
    events: [
      { timeUnixNanos: String(start + 1_000n), name: 'cache miss', attributes: [] },
      {
        timeUnixNanos: String(start + 2_000n),
        name: 'exception',
        attributes: [{ key: 'exception.message', type: 'string', value: 'deadline exceeded' }],
      },
    ],
    links: [{ traceId: trace.id, spanId, attributes: [] }],
    warnings: row === 0 ? ['the end was before the start'] : [],
    resource: [
      { key: 'service.name', type: 'string', value: trace.service[row] },
      { key: 'host.name', type: 'string', value: 'otter' },
    ],
    scope: { name: 'mini-redis', version: '0.4.1', attributes: [] },
    traceState: '',
    dropped: { attributes: 1, events: 0, links: 0 },
  };
}
