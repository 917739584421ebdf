import { ask, askLines } from '../api.ts';
import { ArrowAnswer } from '../arrow.ts';
import type { Finding } from './findings.ts';
import { lintMask } from './lints.ts';
import { type Insight, programQuery } from './programs.ts';

export const STATES = ['idle', 'scheduled', 'running', 'done', 'unknown'] as const;
/** `unknown`: nothing was told of its polls. */
export type TaskState = (typeof STATES)[number];
export const ENDS = ['', 'completed', 'panicked', 'dropped', 'not known'] as const;

/** A task as the table has it. Times are ns from the table's base, durations ns; what is not known is NaN. */
export interface TaskRow {
  id: string;
  state: TaskState;
  name: string;
  kind: string;
  location: string;
  fields: string;
  /** '' if there is none, or none is known. */
  parent: string;
  start: number;
  end: number;
  total: number;
  busy: number;
  scheduled: number;
  idle: number;
  polls: number;
  wakes: number;
  selfWakes: number;
  p99: number;
  longest: number;
  /** Polls below 1 µs, 10 µs, … 1 s, and longer ones. */
  pollTimes: readonly number[];
  lints: number;
  /** How it ended: an index of `ENDS`. */
  ended: number;
  /** When this was so. */
  at: number;
}

export interface TaskCounts {
  tasks: number;
  running: number;
  scheduled: number;
  idle: number;
  done: number;
}

/** What an answer says of all tasks. */
export interface TaskFacts {
  /** Unix nanoseconds; the rows' times count from it. */
  base: bigint;
  /** The instant that is shown, in ns from the base. */
  at: number;
  matched: number;
  counts: TaskCounts;
  insight: Insight;
  /** The program sends details of a part of its tasks alone. */
  partly: boolean;
  lost: number;
  complete: boolean;
  message: string;
}

export interface TaskQuery {
  program: string;
  /** Unix ns, '' for the latest. */
  at: string;
  filter: string;
  /** Seconds for which tasks that ended are listed. */
  retain: string;
}

/** So many rows are asked for: what is more is said, not shown. */
export const TASKS_MAX = 10_000;

export async function fetchTasks(query: TaskQuery, signal: AbortSignal): Promise<{ facts: TaskFacts; rows: TaskRow[] }> {
  const { program, at, filter, retain } = query;
  const answer = await ask(`tasks?${programQuery(program, { at, filter, retain, limit: String(TASKS_MAX) })}`, signal);
  return decodeTasks(new Uint8Array(await answer.arrayBuffer()));
}

/** Reads the answer to `tasks`. */
export function decodeTasks(bytes: Uint8Array): { facts: TaskFacts; rows: TaskRow[] } {
  const answer = new ArrowAnswer(bytes);
  const facts = factsOf(answer);
  const texts = (name: string) => answer.texts(name);
  const numbers = (name: string) => answer.numbers(name);
  const [ids, parents] = [answer.taskIds('id'), answer.taskIds('parent')];
  const [names, kinds, locations, fields] = ['name', 'kind', 'location', 'fields'].map(texts);
  const [starts, ends, totals, busy, scheduled, idle] = ['start', 'end', 'total', 'busy', 'scheduled', 'idle'].map(numbers);
  const [polls, wakes, selfWakes, p99, longest] = ['polls', 'wakes', 'selfWakes', 'p99', 'longest'].map(numbers);
  const [states, lints, ended] = ['state', 'lints', 'ended'].map((name) => answer.counts(name));
  const classes = Array.from({ length: 8 }, (_, i) => answer.counts(`poll${i}`));
  const rows = ids.map((id, i): TaskRow => ({
    id: id || '0',
    state: STATES[states[i]] ?? 'unknown',
    name: names[i],
    kind: kinds[i],
    location: locations[i],
    fields: fields[i],
    parent: parents[i],
    start: starts[i],
    end: ends[i],
    total: totals[i],
    busy: busy[i],
    scheduled: scheduled[i],
    idle: idle[i],
    polls: polls[i],
    wakes: wakes[i],
    selfWakes: selfWakes[i],
    p99: p99[i],
    longest: longest[i],
    pollTimes: classes.map((column) => column[i]),
    lints: lints[i],
    ended: ended[i],
    at: facts.at,
  }));
  return { facts, rows };
}

function factsOf(answer: ArrowAnswer): TaskFacts {
  const number = (name: string) => Number(answer.fact(name) || 0);
  const base = BigInt(answer.fact('base') || 0);
  return {
    base,
    at: Number(BigInt(answer.fact('at') || base) - base),
    matched: number('matched'),
    counts: {
      tasks: number('tasks'),
      running: number('running'),
      scheduled: number('scheduled'),
      idle: number('idle'),
      done: number('done'),
    },
    insight: answer.json<Insight>('insight', { depth: 'stable', missing: [] }),
    partly: answer.fact('kept') === 'part',
    lost: number('lost'),
    complete: answer.fact('complete') !== 'false',
    message: answer.fact('message'),
  };
}

/** A task as `watch` writes it. */
export type WatchedTask = { id: string; startUnixNanos: string; endUnixNanos?: string | null; lints?: readonly string[] } & Partial<
  Record<string, unknown>
>;

export type TasksLine =
  | { type: 'tasks'; atUnixNanos: string; changed: WatchedTask[]; gone: string[]; counts: TaskCounts; lost: number; more?: boolean }
  | { type: 'findings'; findings: Finding[] }
  | { type: 'alive' };

export function watchTasks({ program, filter, retain }: TaskQuery, signal: AbortSignal): AsyncGenerator<TasksLine> {
  return askLines(`watch?${programQuery(program, { topics: 'tasks', filter, retain })}`, signal);
}

/** A watched task as a row of a table with this base. */
export function rowOf(task: WatchedTask, base: bigint, at: number): TaskRow {
  const number = (name: string) => (typeof task[name] === 'number' ? (task[name] as number) : Number.NaN);
  const text = (name: string) => (typeof task[name] === 'string' ? (task[name] as string) : '');
  const { state, ended, parent, pollTimes } = task;
  return {
    id: task.id,
    state: STATES.find((known) => known === state) ?? 'unknown',
    name: text('name'),
    kind: text('kind'),
    location: text('location'),
    fields: text('fields'),
    parent: typeof parent === 'string' && parent !== '0' ? parent : '',
    start: Number(BigInt(task.startUnixNanos) - base),
    end: task.endUnixNanos ? Number(BigInt(task.endUnixNanos) - base) : Number.NaN,
    total: number('total'),
    busy: number('busy'),
    scheduled: number('scheduled'),
    idle: number('idle'),
    polls: number('polls'),
    wakes: number('wakes'),
    selfWakes: number('selfWakes'),
    p99: number('p99'),
    longest: number('longest'),
    pollTimes: Array.isArray(pollTimes) ? (pollTimes as number[]) : [],
    lints: lintMask(task.lints ?? []),
    ended: typeof ended === 'number' ? ended : Math.max(0, ENDS.indexOf((ended ?? '') as (typeof ENDS)[number])),
    at,
  };
}

/** A spawn location, with exact counts. */
export interface LocationRow {
  location: string;
  kind: string;
  name: string;
  count: number;
  alive: number;
  started: number;
  ended: number;
  polls: number;
  growth: number;
  busy: number;
  scheduled: number;
  longest: number;
  oldest: number;
  lints: number;
}

export async function fetchLocations(query: TaskQuery, signal: AbortSignal): Promise<{ facts: TaskFacts; rows: LocationRow[] }> {
  const { program, at, filter, retain } = query;
  const response = await ask(`tasks?${programQuery(program, { at, filter, retain, group: 'location', limit: String(TASKS_MAX) })}`, signal);
  return decodeLocations(new Uint8Array(await response.arrayBuffer()));
}

/** Reads the answer to `tasks` with `group=location`. */
export function decodeLocations(bytes: Uint8Array): { facts: TaskFacts; rows: LocationRow[] } {
  const answer = new ArrowAnswer(bytes);
  const [location, kind, name] = ['location', 'kind', 'name'].map((column) => answer.texts(column));
  const NUMBERS = ['alive', 'started', 'ended', 'polls', 'growth', 'busy', 'scheduled', 'longest', 'oldest'] as const;
  const columns = NUMBERS.map((column) => answer.numbers(column));
  const [count, lints] = [answer.counts('count'), answer.counts('lints')];
  const rows = location.map((text, i) => {
    const numbers = Object.fromEntries(NUMBERS.map((column, at) => [column, columns[at][i]])) as Record<(typeof NUMBERS)[number], number>;
    return { location: text, kind: kind[i], name: name[i], count: count[i], lints: lints[i], ...numbers };
  });
  return { facts: factsOf(answer), rows };
}
