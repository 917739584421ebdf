import { parseDuration } from './duration.ts';
import { readTags, writeTags } from './tags.ts';
import { fieldOf, instantOf } from './time.ts';

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
const LOOKBACK_DEFAULT = '1h';

/** The search form. Service and operation are null for "all"; `service` is empty until one is chosen. */
export interface Form {
  service: string | null;
  operation: string | null;
  tags: string;
  lookback: string;
  /** Date and time of a custom range in the page's zone, `2026-11-21T11:42:00`. */
  from: string;
  to: string;
  minDuration: string;
  maxDuration: string;
  limit: string;
  /** TraceQL that stands in place of service, operation, tags and durations; null while those are asked. */
  q: string | null;
}

export type FormErrors = Partial<Record<keyof Form, string>>;

/** What `q` stands in place of. */
const CONDITIONS = ['service', 'operation', 'tags', 'tag', 'minDuration', 'maxDuration'];
const RANGE = ['lookback', 'start', 'end'];
/** The parameters that the form owns; all others of the address are kept as they are. */
const OWNED = [...CONDITIONS, ...RANGE, 'limit', 'q'];
/** Parameters that belong to one search, and not to the next. */
const OF_ONE_SEARCH = ['traceID', 'span', 'box', 'shown'];

/** Whether an address asks for a search at all. */
export function asksSearch(params: URLSearchParams): boolean {
  return OWNED.some((name) => params.has(name)) || params.has('traceID') || params.has('span');
}

/** The form that an address fills; what cannot be read of it is left as the default (`problemsOf` says it). */
export function formFrom(params: URLSearchParams): Form {
  const service = params.get('service') ?? '';
  const operation = params.get('operation') || ALL_OPERATIONS;
  const [start, end] = [microsOf(params.get('start')), microsOf(params.get('end'))];
  return {
    service: service === ALL_SERVICES ? null : service,
    operation: operation === ALL_OPERATIONS || operation === ALL_OPERATIONS_OLD ? null : operation,
    tags: writeTags(tagsOf(params)),
    lookback: lookbackOf(params, start, end),
    from: start && end ? fieldOf(new Date(start / 1000)) : '',
    to: start && end ? fieldOf(new Date(end / 1000)) : '',
    minDuration: params.get('minDuration') ?? '',
    maxDuration: params.get('maxDuration') ?? '',
    limit: params.get('limit') || String(LIMIT_DEFAULT),
    q: params.get('q'),
  };
}

/** The address of a search made at `now` (Unix ms): it names its window, so that a shared link shows the same one. */
export function paramsOf(form: Form, now: number, old: URLSearchParams = new URLSearchParams()): URLSearchParams {
  const params = new URLSearchParams(old);
  for (const name of [...OWNED, ...OF_ONE_SEARCH]) params.delete(name);
  if (form.q !== null) {
    params.set('q', form.q.trim());
  } else {
    params.set('service', form.service ?? ALL_SERVICES);
    params.set('operation', form.operation ?? ALL_OPERATIONS);
    const { pairs } = readTags(form.tags);
    if (pairs.length > 0) params.set('tags', JSON.stringify(Object.fromEntries(pairs)));
    if (form.minDuration.trim() !== '') params.set('minDuration', form.minDuration.trim());
    if (form.maxDuration.trim() !== '') params.set('maxDuration', form.maxDuration.trim());
  }
  params.set('lookback', form.lookback);
  const [start, end] = windowOf(form, now, old);
  params.set('start', start);
  params.set('end', end);
  params.set('limit', form.limit.trim() || String(LIMIT_DEFAULT));
  return params;
}

/**
 * What the server is asked at `now` (Unix ms): the address with a window of its own, without what only the page reads and
 * what cannot be read.
 */
export function serverQuery(params: URLSearchParams, now: number): URLSearchParams {
  const query = new URLSearchParams();
  const ids = [...params.getAll('traceID'), ...spanLinks(params).keys()];
  if (ids.length > 0) {
    for (const id of new Set(ids)) query.append('traceID', id);
    return query;
  }
  const form = formFrom(params);
  if (form.q !== null) {
    query.set('q', form.q);
  } else {
    query.set('service', form.service || ALL_SERVICES);
    if (form.operation !== null) query.set('operation', form.operation);
    const tags = tagsOf(params);
    if (tags.length > 0) query.set('tags', JSON.stringify(Object.fromEntries(tags)));
    for (const name of ['minDuration', 'maxDuration'] as const) {
      if (parseDuration(form[name]) !== null) query.set(name, form[name].trim());
    }
  }
  const [start, end] = [microsOf(params.get('start')), microsOf(params.get('end'))];
  const to = end || now * 1000;
  query.set('start', String(start || to - lookbackMillis(form.lookback) * 1000));
  query.set('end', String(to));
  query.set('limit', String(limitOf(params.get('limit'))));
  const box = params.get('box');
  if (box !== null && BOX.test(box)) query.set('box', box);
  return query;
}

/** Traces that an old link lists with spans of theirs (`span=ID ID@TRACE`): what to find in each. */
export function spanLinks(params: URLSearchParams): Map<string, string> {
  const links = new Map<string, string>();
  for (const link of params.getAll('span')) {
    const [spans, trace] = link.split('@');
    if (trace) links.set(trace, [links.get(trace), spans].filter(Boolean).join(' '));
  }
  return links;
}

const BOX = /^\d+,\d+,\d+,\d+$/;
const LOOKBACK = /^\d+[mhdw]$/;

/** A line for each parameter of the address that cannot be read; the rest applies. */
export function problemsOf(params: URLSearchParams, sorts: readonly string[]): string[] {
  const problems: string[] = [];
  const check = (name: string, good: (value: string) => boolean, instead: string) => {
    const value = params.get(name);
    if (value !== null && value !== '' && !good(value)) problems.push(`${name}=${value}: ${instead}`);
  };
  check('lookback', (value) => LOOKBACK.test(value) || value === 'custom', 'this is no lookback, so the last hour is searched');
  for (const name of ['start', 'end']) check(name, (value) => /^\d+$/.test(value), 'this is no time in Unix microseconds, so it is left out');
  for (const name of ['minDuration', 'maxDuration']) {
    check(name, (value) => parseDuration(value) !== null, 'this is no duration (1.2s, 100ms, 500us), so it is left out');
  }
  check('tags', (value) => readTags(value).problem === '', 'these are neither a JSON object of strings nor logfmt, so they are left out');
  for (const tag of params.getAll('tag')) if (tag.startsWith(':')) problems.push(`tag=${tag}: this has no key, so it is left out`);
  check('limit', (value) => /^\d+$/.test(value) && limitOf(value) === Number(value), `the limit is a number from 1 to 1,500, so it is ${limitOf(params.get('limit'))} now`);
  check('sort', (value) => sorts.includes(value), 'this is no order, so the most recent are first');
  check('box', (value) => BOX.test(value), 'this is no box of times and durations, so nothing is narrowed');
  check('list', (value) => value === 'table' || value === 'list', 'this is neither list nor table, so the list is shown');
  check('shown', (value) => /^\d+$/.test(value), 'this is no number, so the first page is shown');
  check('view', (value) => value !== 'ddg', 'this version has no graph of calls, so the traces are listed');
  return problems;
}

export function checkForm(form: Form): FormErrors {
  const errors: FormErrors = {};
  if (form.q !== null) {
    if (form.q.trim() === '') errors.q = 'write a query in braces, as { resource.service.name = "shop" }';
  } else {
    for (const field of ['minDuration', 'maxDuration'] as const) {
      const text = form[field].trim();
      if (text !== '' && parseDuration(text) === null) errors[field] = 'write a number and a unit: 1.2s, 100ms, 500us';
    }
    const least = parseDuration(form.minDuration);
    const most = parseDuration(form.maxDuration);
    if (least !== null && most !== null && least > most) errors.maxDuration = 'this is less than the min duration';
    const { problem } = readTags(form.tags);
    if (problem) errors.tags = problem;
  }
  const limit = Number(form.limit || LIMIT_DEFAULT);
  if (!Number.isInteger(limit) || limit < 1 || limit > LIMIT_MAX) errors.limit = 'a number from 1 to 1,500';
  if (form.lookback === 'custom') {
    if (Number.isNaN(instantOf(form.from))) errors.from = 'choose when the range starts';
    if (Number.isNaN(instantOf(form.to))) errors.to = 'choose when the range ends';
    if (instantOf(form.from) >= instantOf(form.to)) errors.to = 'this is not after the start';
  }
  return errors;
}

export function lookbackMillis(lookback: string): number {
  const UNITS: Record<string, number> = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };
  return LOOKBACK.test(lookback) ? Number.parseInt(lookback, 10) * UNITS[lookback.slice(-1)] : UNITS.h;
}

/** Pairs of `tag=key:value` and, in their place, of `tags`; empty if those cannot be read. */
function tagsOf(params: URLSearchParams): readonly (readonly [string, string])[] {
  const text = params.get('tags');
  if (text) return readTags(text).pairs;
  const pairs = params.getAll('tag').map((pair) => {
    const colon = pair.indexOf(':');
    return colon < 0 ? ([pair, ''] as const) : ([pair.slice(0, colon), pair.slice(colon + 1)] as const);
  });
  return pairs.filter(([key]) => key !== '');
}

/** Without one, the shortest that covers the window, as in Jaeger; a window that none covers is a custom one. */
function lookbackOf(params: URLSearchParams, start: number, end: number): string {
  const named = params.get('lookback') ?? '';
  if (named === 'custom' || LOOKBACKS.some(([value]) => value === named)) return named;
  if (!(start > 0 && end > start)) return LOOKBACK_DEFAULT;
  const millis = (end - start) / 1000;
  return LOOKBACKS.find(([value]) => value !== 'custom' && lookbackMillis(value) >= millis)?.[0] ?? 'custom';
}

/** Unix µs, as the address has them. A custom range that was not touched keeps its microseconds. */
function windowOf(form: Form, now: number, old: URLSearchParams): [string, string] {
  if (form.lookback !== 'custom') return [`${now - lookbackMillis(form.lookback)}000`, `${now}000`];
  const edge = (name: string, field: string) => {
    const micros = microsOf(old.get(name));
    return micros && fieldOf(new Date(micros / 1000)) === field ? String(micros) : `${instantOf(field)}000`;
  };
  return [edge('start', form.from), edge('end', form.to)];
}

/** 0 if absent or not to be read. */
function microsOf(text: string | null): number {
  return text !== null && /^\d+$/.test(text) ? Number(text) : 0;
}

function limitOf(text: string | null): number {
  const limit = Number(text || LIMIT_DEFAULT);
  return Number.isInteger(limit) && limit >= 1 ? Math.min(limit, LIMIT_MAX) : LIMIT_DEFAULT;
}
