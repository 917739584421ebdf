/** The values that stand for "any" in Jaeger's links, and so in ours. */
export const ALL_SERVICES = '__all_services__';
export const ALL_OPERATIONS = '__all_operations__';
/** How older Jaeger links say it. */
const ALL_OPERATIONS_OLD = 'all';

export const LIMIT_DEFAULT = 20;
export const LIMIT_MAX = 1_500;

export const LOOKBACKS: readonly (readonly [string, string])[] = [
  ['5m', 'Last 5 minutes'],
  ['15m', 'Last 15 minutes'],
  ['30m', 'Last 30 minutes'],
  ['1h', 'Last hour'],
  ['2h', 'Last 2 hours'],
  ['3h', 'Last 3 hours'],
  ['6h', 'Last 6 hours'],
  ['12h', 'Last 12 hours'],
  ['24h', 'Last 24 hours'],
  ['2d', 'Last 2 days'],
  ['3d', 'Last 3 days'],
  ['5d', 'Last 5 days'],
  ['7d', 'Last 7 days'],
  ['2w', 'Last 2 weeks'],
  ['3w', 'Last 3 weeks'],
  ['4w', 'Last 4 weeks'],
  ['custom', 'Custom Time Range'],
];

/** The search form. Service and operation are null for "all"; `service` is empty until one is chosen. */
export interface Form {
  service: string | null;
  operation: string | null;
  tags: string;
  lookback: string;
  /** Local date and time of a custom range, `2026-11-21T11:42`. */
  from: string;
  to: string;
  minDuration: string;
  maxDuration: string;
  limit: string;
}

export type FormErrors = Partial<Record<keyof Form, string>>;

/** The parameters that the form owns; all others of the address are kept as they are. */
const OWNED = ['service', 'operation', 'tags', 'tag', 'lookback', 'start', 'end', 'minDuration', 'maxDuration', 'limit'];

/** Whether an address asks for a search at all. */
export function asksSearch(params: URLSearchParams): boolean {
  return OWNED.some((name) => params.has(name)) || params.has('traceID');
}

export function formFrom(params: URLSearchParams): Form {
  const service = params.get('service') ?? '';
  const operation = params.get('operation') ?? ALL_OPERATIONS;
  const start = Number(params.get('start') ?? 0);
  const end = Number(params.get('end') ?? 0);
  const lookback = params.get('lookback') ?? (start > 0 ? 'custom' : '1h');
  const custom = start > 0 && end > 0;
  return {
    service: service === ALL_SERVICES ? null : service,
    operation: operation === ALL_OPERATIONS || operation === ALL_OPERATIONS_OLD ? null : operation,
    tags: tagsText(params),
    lookback: LOOKBACKS.some(([value]) => value === lookback) ? lookback : '1h',
    from: custom ? localMinute(new Date(start / 1000)) : '',
    to: custom ? localMinute(new Date(end / 1000)) : '',
    minDuration: params.get('minDuration') ?? '',
    maxDuration: params.get('maxDuration') ?? '',
    limit: params.get('limit') ?? String(LIMIT_DEFAULT),
  };
}

/** The address of a search made at `now` (Unix ms): it names its window, so that a shared link shows the same one. */
export function paramsOf(form: Form, now: number, old: URLSearchParams = new URLSearchParams()): URLSearchParams {
  const params = new URLSearchParams(old);
  for (const name of [...OWNED, 'traceID']) params.delete(name);
  const [start, end] = windowOf(form, now);
  params.set('service', form.service ?? ALL_SERVICES);
  params.set('operation', form.operation ?? ALL_OPERATIONS);
  if (form.tags.trim() !== '') params.set('tags', JSON.stringify(parseTags(form.tags)));
  params.set('lookback', form.lookback);
  params.set('start', `${start}000`);
  params.set('end', `${end}000`);
  if (form.minDuration.trim() !== '') params.set('minDuration', form.minDuration.trim());
  if (form.maxDuration.trim() !== '') params.set('maxDuration', form.maxDuration.trim());
  params.set('limit', form.limit.trim() || String(LIMIT_DEFAULT));
  return params;
}

/** What the server is asked: the address, without what only the page reads. */
export function serverQuery(params: URLSearchParams): URLSearchParams {
  const query = new URLSearchParams();
  for (const [name, value] of params) {
    const absent = (name === 'start' || name === 'end') && Number(value) === 0;
    const custom = name === 'lookback' && value === 'custom';
    if ((OWNED.includes(name) || name === 'traceID') && !absent && !custom) query.append(name, value);
  }
  if (query.get('operation') === ALL_OPERATIONS_OLD) query.set('operation', ALL_OPERATIONS);
  return query;
}

export function checkForm(form: Form): FormErrors {
  const errors: FormErrors = {};
  for (const field of ['minDuration', 'maxDuration'] as const) {
    const text = form[field].trim();
    if (text !== '' && parseDuration(text) === null) errors[field] = 'write a number and a unit: 1.2s, 100ms, 500us';
  }
  const least = parseDuration(form.minDuration.trim());
  const most = parseDuration(form.maxDuration.trim());
  if (least !== null && most !== null && least > most) errors.maxDuration = 'this is less than the min duration';
  const limit = Number(form.limit || LIMIT_DEFAULT);
  if (!Number.isInteger(limit) || limit < 1 || limit > LIMIT_MAX) errors.limit = 'a number from 1 to 1,500';
  if (form.tags.trim() !== '' && Object.keys(parseTags(form.tags)).length === 0) {
    errors.tags = 'write key=value, with quotes around values that have spaces';
  }
  if (form.lookback === 'custom') {
    if (!form.from) errors.from = 'choose when the range starts';
    if (!form.to) errors.to = 'choose when the range ends';
    if (form.from && form.to && form.from >= form.to) errors.to = 'this is not after the start';
  }
  return errors;
}

/** Nanoseconds, or null if it is no duration. Units may follow one another, as in `1m30s`. */
export function parseDuration(text: string): number | null {
  const UNITS: Record<string, number> = { ns: 1, us: 1e3, µs: 1e3, μs: 1e3, ms: 1e6, s: 1e9, m: 60e9, h: 3_600e9 };
  if (!/^(\d+(\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)(\d.*)?$/.test(text)) return null;
  let sum = 0;
  let rest = text;
  while (rest !== '') {
    const part = /^(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)/.exec(rest);
    if (!part) return null;
    sum += Number(part[1]) * UNITS[part[2]];
    rest = rest.slice(part[0].length);
  }
  return sum;
}

/** logfmt, or a JSON object of strings, as a map. */
export function parseTags(text: string): Record<string, string> {
  const tags: Record<string, string> = {};
  if (text.trim().startsWith('{')) {
    try {
      for (const [key, value] of Object.entries(JSON.parse(text) as Record<string, unknown>)) tags[key] = String(value);
    } catch {
      return {};
    }
    return tags;
  }
  for (const match of text.matchAll(/([^\s=]+)=(?:"((?:[^"\\]|\\.)*)"|(\S*))/g)) {
    tags[match[1]] = match[2] === undefined ? match[3] : match[2].replace(/\\(.)/g, '$1');
  }
  return tags;
}

/** Tags of an address as one would type them. */
function tagsText(params: URLSearchParams): string {
  const tags = parseTags(params.get('tags') ?? '');
  for (const pair of params.getAll('tag')) {
    const colon = pair.indexOf(':');
    if (colon > 0) tags[pair.slice(0, colon)] = pair.slice(colon + 1);
  }
  return Object.entries(tags)
    .map(([key, value]) => (/^[^\s"]+$/.test(value) ? `${key}=${value}` : `${key}=${JSON.stringify(value)}`))
    .join(' ');
}

/** Unix ms. */
function windowOf(form: Form, now: number): [number, number] {
  if (form.lookback === 'custom') return [new Date(form.from).getTime(), new Date(form.to).getTime()];
  return [now - lookbackMillis(form.lookback), now];
}

function lookbackMillis(lookback: string): number {
  const UNITS: Record<string, number> = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };
  return Number.parseInt(lookback, 10) * (UNITS[lookback.slice(-1)] ?? 0);
}

function localMinute(date: Date): string {
  const two = (n: number) => String(n).padStart(2, '0');
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day}T${two(date.getHours())}:${two(date.getMinutes())}`;
}
