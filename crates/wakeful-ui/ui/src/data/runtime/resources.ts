import { ask, askJson } from '../api.ts';
import { ArrowAnswer } from '../arrow.ts';
import type { Lint } from './lints.ts';
import { type Insight, programQuery } from './programs.ts';
import type { TaskRef } from './task.ts';

/** A resource as the table has it. Times are ns from the table's base, durations ns; what is not known is NaN, or ''. */
export interface ResourceRow {
  id: string;
  parent: string;
  kind: string;
  type: string;
  name: string;
  target: string;
  location: string;
  attributes: string;
  internal: boolean;
  start: number;
  end: number;
  total: number;
  /** A task, '' for none or not known. */
  holder: string;
  /** Since when. */
  held: number;
  waiting: number;
  longestWait: number;
  contended: number;
  ops: number;
  lints: number;
}

export interface ResourceFacts {
  at: number;
  matched: number;
  resources: number;
  /** Left out unless they are asked for. */
  internal: number;
  insight: Insight;
  lost: number;
}

export interface ResourceQuery {
  program: string;
  at: string;
  filter: string;
  internal: boolean;
}

const ROWS_MAX = 10_000;

export async function fetchResources(query: ResourceQuery, signal: AbortSignal): Promise<{ facts: ResourceFacts; rows: ResourceRow[] }> {
  const { program, at, filter, internal } = query;
  const path = `resources?${programQuery(program, { at, filter, internal: internal ? '1' : '', limit: String(ROWS_MAX) })}`;
  return decodeResources(new Uint8Array(await (await ask(path, signal)).arrayBuffer()));
}

/** Reads the answer to `resources`. */
export function decodeResources(bytes: Uint8Array): { facts: ResourceFacts; rows: ResourceRow[] } {
  const answer = new ArrowAnswer(bytes);
  const base = BigInt(answer.fact('base') || 0);
  const number = (name: string) => Number(answer.fact(name) || 0);
  const [ids, parents, holders] = [answer.ids('id'), answer.ids('parent'), answer.taskIds('holder')];
  const [kinds, types, names, targets, locations, attributes] = ['kind', 'type', 'name', 'target', 'location', 'attributes'].map((name) => answer.texts(name));
  const NUMBERS = ['start', 'end', 'total', 'held', 'waiting', 'longestWait', 'contended', 'ops'] as const;
  const columns = NUMBERS.map((name) => answer.numbers(name));
  const [internal, lints] = [answer.counts('internal'), answer.counts('lints')];
  const rows = ids.map((id, i): ResourceRow => {
    const numbers = Object.fromEntries(NUMBERS.map((name, at) => [name, columns[at][i]])) as Record<(typeof NUMBERS)[number], number>;
    return {
      ...{ id: id || '0', parent: parents[i], holder: holders[i], kind: kinds[i], type: types[i], name: names[i], target: targets[i] },
      ...{ location: locations[i], attributes: attributes[i], internal: internal[i] === 1, lints: lints[i], ...numbers },
    };
  });
  const facts = {
    ...{ at: Number(BigInt(answer.fact('at') || base) - base), matched: number('matched'), resources: number('resources') },
    ...{ internal: number('internal'), lost: number('lost') },
    insight: answer.json<Insight>('insight', { depth: 'stable', missing: [] }),
  };
  return { facts, rows };
}

/** Who holds a resource or waits for it: a task, if that is known. */
export interface Party {
  task: TaskRef | null;
  sinceUnixNanos: string;
  location: string | null;
  how: string;
}

export interface AsyncOp {
  id: string;
  parent: string | null;
  task: string | null;
  source: string;
  startUnixNanos: string;
  endUnixNanos: string | null;
  total: number;
  busy: number;
  idle: number;
  polls: number;
  ready: boolean;
}

/** Who waits for whom: an edge leads from who holds or waits. */
export interface WaitsFor {
  nodes: { kind: 'task' | 'resource'; id: string; title: string }[];
  edges: { from: number; to: number; kind: 'holds' | 'waits' }[];
  cycle: boolean;
}

/** All of one resource. */
export interface ResourceDetails {
  id: string;
  parent: string | null;
  kind: string;
  type: string;
  name: string;
  target: string;
  location: string | null;
  internal: boolean;
  startUnixNanos: string;
  endUnixNanos: string | null;
  atUnixNanos: string;
  attributes: { key: string; value: string; unit: string }[];
  holders: Party[];
  waiters: Party[];
  waitersTotal: number;
  /** Since it was made; null where nothing counts, or where how long it was held is not measured. */
  contention: { acquisitions: number; contended: number; waited: number; held: number | null } | null;
  asyncOps: AsyncOp[];
  asyncOpsTotal: number;
  waitsFor: WaitsFor | null;
  lints: Lint[];
  insight: Insight;
}

export function fetchResource(program: string, id: string, at: string, signal: AbortSignal): Promise<ResourceDetails> {
  return askJson(`resources/${encodeURIComponent(id)}?${programQuery(program, { at })}`, signal);
}
