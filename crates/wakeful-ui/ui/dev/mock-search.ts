import type { IncomingMessage, ServerResponse } from 'node:http';
import { columnFromArray, tableFromColumns, tableToIPC, uint16, uint32 } from '@uwdata/flechette';
import { parseDuration } from '../src/data/duration.ts';
import { readTags } from '../src/data/tags.ts';
import { depthOf, errorsOf, type MockTrace, orphansOf, servicesOf, spansOf } from './mock-trace.ts';

type Order = (a: MockTrace, b: MockTrace) => number;

const start: Order = (a, b) => Number(a.base - b.base);
const name: Order = (a, b) => (nameOf(a) < nameOf(b) ? -1 : 1);
const by = (of: (trace: MockTrace) => number): Order => (a, b) => of(a) - of(b);
const ORDERS: Record<string, Order> = {
  oldest: start,
  shortest: by(({ dur }) => dur[0]),
  'least-spans': by(spansOf),
  'least-errors': by(errorsOf),
  name,
};
const INVERSES: Record<string, string> = {
  newest: 'oldest',
  longest: 'shortest',
  'most-spans': 'least-spans',
  'most-errors': 'least-errors',
  'name-desc': 'name',
};
const KEYS: Record<string, string[]> = {
  'http.method': ['GET', 'POST'],
  'http.status_code': ['200', '404', '500'],
  'user.name': ['ada lovelace', 'grace'],
};

/** An error of the search's parameters. */
class Refusal extends Error {
  constructor(
    message: string,
    readonly parameter: string,
    readonly column = 0,
  ) {
    super(message);
  }
}

/** The half of the API that searches: answers if `rest` (the path below `api/ui/`) is one of its own. */
export function answerSearch(
  traces: readonly MockTrace[],
  rest: string,
  query: URLSearchParams,
  request: IncomingMessage,
  response: ServerResponse,
): boolean {
  try {
    switch (rest) {
      case 'search':
        search(traces, query, response);
        return true;
      case 'search/heat':
        heat(traces, query, response);
        return true;
      case 'attributes': {
        const keys = Object.keys(KEYS).filter((key) => begins(key, query.get('prefix')));
        json(response, { attributes: keys.map((key) => ({ key, scope: 'span' })) });
        return true;
      }
      case 'attribute-values': {
        const values = (KEYS[query.get('key') ?? ''] ?? []).filter((value) => begins(value, query.get('prefix')));
        json(response, { values, complete: true });
        return true;
      }
      case 'lookup':
        lookup(traces, query.get('id') ?? '', response);
        return true;
      case 'loss':
        json(response, { lost: 0, kept: 1_101_424, causes: [] });
        return true;
      case 'upload':
        upload(traces, request, response);
        return true;
      default:
        return false;
    }
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const { message, parameter, column } = error;
    response.statusCode = 400;
    json(response, { error: { message, parameter, ...(column ? { column } : {}) } });
    return true;
  }
}

function search(traces: readonly MockTrace[], query: URLSearchParams, response: ServerResponse): void {
  const limit = Number(query.get('limit') ?? 20);
  const from = Number(query.get('cursor') ?? 0);
  const hits = matching(traces, query).sort(orderOf(query.get('sort') ?? 'newest'));
  response.setHeader('content-type', 'application/x-ndjson');
  const line = (object: object) => response.write(`${JSON.stringify(object)}\n`);
  line({ type: 'progress', segments: 1, segmentsTotal: 3, spans: 24_576, traces: 0 });
  for (const trace of hits.slice(from, from + limit)) line({ type: 'trace', ...summary(trace) });
  const truncated = hits.length > from + limit;
  line({
    ...{ type: 'end', complete: true, truncated, read: { segments: 3, spans: 24_576 }, ms: 2.1, query: '{ }' },
    ...(truncated ? { cursor: String(from + limit) } : {}),
    ...(query.get('explain') === '1' && hits.length === 0 ? { explain: explained(traces, query) } : {}),
  });
  response.end();
}

/** Single conditions without which something would match. */
function explained(traces: readonly MockTrace[], query: URLSearchParams): { drop: string; traces: number }[] {
  const drops = ['service', 'operation', 'minDuration', 'maxDuration'].filter((name) => query.has(name));
  const tags = readTags(query.get('tags') ?? '').pairs;
  const without = (drop: string) => {
    const rest = new URLSearchParams(query);
    if (drop === 'lookback') ['start', 'end'].forEach((edge) => rest.delete(edge));
    else if (drop.startsWith('tags.')) {
      rest.set('tags', JSON.stringify(Object.fromEntries(tags.filter(([key]) => `tags.${key}` !== drop))));
    } else rest.delete(drop);
    return Math.min(100, matching(traces, rest).length);
  };
  return [...drops, ...tags.map(([key]) => `tags.${key}`), 'lookback']
    .map((drop) => ({ drop, traces: without(drop) }))
    .filter(({ traces: count }) => count > 0);
}

function heat(traces: readonly MockTrace[], query: URLSearchParams, response: ServerResponse): void {
  const [columns, rows] = [Number(query.get('x')), Number(query.get('y'))];
  const hits = matching(traces, query);
  const [from, to] = ['start', 'end'].map((edge) => BigInt(query.get(edge) ?? 0) * 1000n);
  const durations = hits.map(({ dur }) => Math.max(1, dur[0]));
  const [least, most] = durations.length ? [Math.min(...durations), Math.max(...durations)] : [0, 0];
  const cells = new Map<number, { count: number; errors: number }>();
  hits.forEach((trace, i) => {
    const x = Math.min(columns - 1, Number(((trace.base - from) * BigInt(columns)) / (to - from)));
    const share = most > least ? Math.log(durations[i] / least) / Math.log(most / least) : 0;
    const y = Math.min(rows - 1, Math.floor(share * rows));
    const cell = cells.get(y * columns + x) ?? { count: 0, errors: 0 };
    cell.count++;
    if (errorsOf(trace) > 0) cell.errors++;
    cells.set(y * columns + x, cell);
  });
  const places = [...cells.keys()];
  const counts = [...cells.values()];
  const table = tableFromColumns({
    x: columnFromArray(places.map((place) => place % columns), uint16()),
    y: columnFromArray(places.map((place) => Math.floor(place / columns)), uint16()),
    count: columnFromArray(counts.map(({ count }) => count), uint32()),
    errors: columnFromArray(counts.map(({ errors }) => errors), uint32()),
  });
  const facts = { start: from, end: to, minNanos: least, maxNanos: most, traces: hits.length, complete: true };
  table.schema.metadata = new Map(Object.entries(facts).map(([key, value]) => [key, String(value)]));
  response.setHeader('content-type', 'application/vnd.apache.arrow.stream');
  response.end(tableToIPC(table, { format: 'stream' }));
}

function matching(traces: readonly MockTrace[], query: URLSearchParams): MockTrace[] {
  const ids = query.getAll('traceID');
  if (ids.length > 0) return traces.filter(({ id }) => ids.includes(id));
  const { service, operation, least, most, tags } = conditionsOf(query);
  const [from, to] = ['start', 'end'].map((edge) => BigInt(query.get(edge) ?? 0) * 1000n);
  const box = query.get('box')?.split(',').map(Number);
  return traces
    .filter((trace) => service === null || trace.service.includes(service))
    .filter((trace) => operation === null || trace.name.includes(operation))
    .filter(({ base, dur }) => base >= from && (to === 0n || base < to) && dur[0] >= least && dur[0] <= most)
    .filter(() => tags.every(([key, value]) => KEYS[key]?.includes(value)))
    .filter(({ base, dur }) => !box || (Number(base) >= box[0] && Number(base) <= box[1] && dur[0] >= box[2] && dur[0] <= box[3]));
}

interface Conditions {
  service: string | null;
  operation: string | null;
  least: number;
  most: number;
  tags: readonly (readonly [string, string])[];
}

function conditionsOf(query: URLSearchParams): Conditions {
  const q = query.get('q');
  if (q !== null) return conjunction(q);
  const named = (parameter: string, all: string) => {
    const value = query.get(parameter);
    return value === null || value === all ? null : value;
  };
  return {
    service: named('service', '__all_services__'),
    operation: named('operation', '__all_operations__'),
    least: parseDuration(query.get('minDuration') ?? '') ?? 0,
    most: parseDuration(query.get('maxDuration') ?? '') ?? Number.POSITIVE_INFINITY,
    tags: readTags(query.get('tags') ?? '').pairs,
  };
}

/** Only what the form itself writes: enough to develop with. */
function conjunction(q: string): Conditions {
  const found: Conditions = { service: null, operation: null, least: 0, most: Number.POSITIVE_INFINITY, tags: [] };
  const inner = /^\s*\{(.*)\}\s*$/s.exec(q)?.[1];
  if (inner === undefined) throw new Refusal('expected a query in braces', 'q', Math.max(1, q.trimEnd().length));
  let column = q.indexOf('{') + 2;
  for (const part of inner.trim() === '' ? [] : inner.split('&&')) {
    const condition = /^\s*(\S+)\s*(=|>=|<=)\s*(?:"([^"]*)"|(\S+))\s*$/.exec(part);
    if (!condition) {
      throw new Refusal(`expected a condition, found ${part.trim() || 'nothing'}`, 'q', column + part.search(/\S|$/));
    }
    const [, left, , text, bare] = condition;
    if (left === 'resource.service.name') found.service = text;
    else if (left === 'name') found.operation = text;
    else if (left === 'duration') part.includes('>=') ? (found.least = parseDuration(bare) ?? 0) : (found.most = parseDuration(bare) ?? 0);
    else found.tags = [...found.tags, [left.slice(1), text ?? bare]];
    column += part.length + 2;
  }
  return found;
}

function orderOf(sort: string): Order {
  const order = ORDERS[sort] ?? ORDERS[INVERSES[sort]];
  if (!order) throw new Refusal(`${sort} is no sort`, 'sort');
  return ORDERS[sort] ? order : (a, b) => order(b, a);
}

function lookup(traces: readonly MockTrace[], id: string, response: ServerResponse): void {
  const hits = traces
    .filter((trace) => trace.id.endsWith(id) && /^[0-9a-f]{16,}$/.test(id))
    .map((trace) => ({
      ...{ kind: 'trace', traceId: trace.id, service: trace.service[0], operation: trace.name[0] },
      startUnixNanos: String(trace.base),
    }));
  json(response, { hits: hits.slice(0, 20), looked: ['trace ids', 'span ids of the last 24 h', 'debug ids of the last 24 h'] });
}

/** Takes what it gave out itself: the traces that the file names are stored already. */
function upload(traces: readonly MockTrace[], request: IncomingMessage, response: ServerResponse): void {
  const parts: Buffer[] = [];
  request.on('data', (part: Buffer) => parts.push(part));
  request.on('end', () => {
    const text = Buffer.concat(parts).toString();
    const found = traces.filter(({ id }) => text.includes(id));
    if (found.length === 0) {
      response.statusCode = 400;
      json(response, { error: { message: 'line 1 is neither Jaeger JSON nor OTLP' } });
      return;
    }
    const spans = found.reduce((sum, trace) => sum + spansOf(trace), 0);
    json(response, { format: 'jaeger-json', spans, traces: found.map(({ id }) => id), truncated: false, keptSeconds: 604_800 });
  });
}

function summary(trace: MockTrace): object {
  return {
    id: trace.id,
    rootService: trace.service[0],
    rootOperation: trace.name[0],
    startUnixNanos: String(trace.base),
    durationNanos: trace.dur[0],
    spans: spansOf(trace),
    errors: errorsOf(trace),
    depth: depthOf(trace),
    orphans: orphansOf(trace),
    services: servicesOf(trace),
  };
}

function nameOf(trace: MockTrace): string {
  return `${trace.service[0]}: ${trace.name[0]}`;
}

function begins(text: string, prefix: string | null): boolean {
  return text.toLowerCase().startsWith((prefix ?? '').toLowerCase());
}

function json(response: ServerResponse, object: object): void {
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify(object));
}
