import { ask } from '../api.ts';
import { ArrowAnswer } from '../arrow.ts';
import { type TraceRef, tracePath } from '../trace.ts';
import type { Blamed, LaneHead, LaneRange, Lanes, LaneSums, Mark } from './lane-kinds.ts';
import { type Insight, programQuery } from './programs.ts';
import type { Histogram } from './task.ts';

async function fetchLanes(path: string, signal: AbortSignal): Promise<Lanes> {
  return decodeLanes(new Uint8Array(await (await ask(path, signal)).arrayBuffer()));
}

const inRange = ({ from, to, px }: LaneRange) => ({ from, to, px: String(Math.max(1, Math.round(px))) });

export function fetchTaskLanes(program: string, task: string, range: LaneRange, signal: AbortSignal): Promise<Lanes> {
  return fetchLanes(`tasks/${encodeURIComponent(task)}/lane?${programQuery(program, inRange(range))}`, signal);
}

export function fetchResourceLanes(program: string, resource: string, range: LaneRange, signal: AbortSignal): Promise<Lanes> {
  return fetchLanes(`resources/${encodeURIComponent(resource)}/lane?${programQuery(program, inRange(range))}`, signal);
}

export function fetchRuntimeLanes(program: string, runtime: string, range: LaneRange, signal: AbortSignal): Promise<Lanes> {
  return fetchLanes(`runtime?${programQuery(program, { runtime, ...inRange(range) })}`, signal);
}

/** The polls that a span was made of, and what went on meanwhile. */
export function fetchSpanLanes(trace: TraceRef, row: number, range: LaneRange, signal: AbortSignal): Promise<Lanes> {
  return fetchLanes(tracePath(trace, `/span/${row}/lanes`, inRange(range)), signal);
}

/** Reads an answer of lanes. */
export function decodeLanes(bytes: Uint8Array): Lanes {
  const answer = new ArrowAnswer(bytes);
  const base = BigInt(answer.fact('base') || 0);
  const from = (name: string) => Number(BigInt(answer.fact(name) || base) - base);
  return {
    base,
    from: from('from'),
    to: from('to'),
    heads: answer.json<LaneHead[]>('lanes', []),
    count: answer.rows,
    lane: answer.counts('lane'),
    kind: answer.counts('kind'),
    start: answer.numbers('start'),
    dur: answer.numbers('dur'),
    task: answer.taskIds('task'),
    thread: answer.ids('thread'),
    other: answer.counts('other'),
    source: answer.counts('from'),
    by: answer.counts('by'),
    byTask: answer.taskIds('byTask'),
    counts: answer.counts('count'),
    flags: answer.counts('flags'),
    busy: answer.numbers('busy'),
    label: answer.texts('label'),
    sums: answer.json<LaneSums | null>('sums', null),
    blame: answer.json<Blamed[]>('blame', []),
    waitTimes: answer.json<Histogram | null>('waitTimes', null),
    holdTimes: answer.json<Histogram | null>('holdTimes', null),
    marks: answer.json<Mark[]>('marks', []),
    insight: answer.json<Insight | null>('insight', null),
    program: answer.fact('program'),
    taskId: answer.fact('task'),
    why: answer.fact('why'),
    ambiguous: answer.fact('ambiguous') === 'true',
    lost: Number(answer.fact('lost') || 0),
    summed: Number(answer.fact('summed') || 0),
    shift: Number(answer.fact('shift') || 0),
    complete: answer.fact('complete') !== 'false',
    message: answer.fact('message'),
  };
}
