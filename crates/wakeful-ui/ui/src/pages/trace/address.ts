import type { Look } from '../../engine/protocol.ts';
import type { TimeWindow } from '../../engine/view.ts';

/** The views of a trace as the address names them, in the order of the menu. */
export const VIEWS = [
  ['timeline', 'Trace Timeline'],
  ['graph', 'Trace Graph'],
  ['statistics', 'Trace Statistics'],
  ['table', 'Trace Spans Table'],
  ['flame', 'Trace Flamegraph'],
  ['logs', 'Trace Logs'],
] as const;

export type ViewName = (typeof VIEWS)[number][0];

export function viewIn(query: URLSearchParams): ViewName {
  const asked = query.get('view');
  return VIEWS.find(([name]) => name === asked)?.[0] ?? 'timeline';
}

export function layoutIn(query: URLSearchParams): Look['layout'] {
  return query.get('lay') === 'packed' ? 'packed' : 'tree';
}

/** What is wanted whole of a trace that is too large, `FROM-TO` in Unix ns; '' for no part of it. */
export function partIn(query: URLSearchParams): string {
  const part = query.get('part') ?? '';
  return /^\d+-\d+$/.test(part) ? part : '';
}

/** A number that is not negative, or `otherwise`. */
export function numberOf(text: string | null, otherwise: number): number {
  const value = text === null || text === '' ? Number.NaN : Number(text);
  return Number.isFinite(value) && value >= 0 ? value : otherwise;
}

/** As many digits as a tenth of a pixel needs. */
export function roundFor(nanos: number, nsPerPx: number): number {
  const unit = 10 ** Math.floor(Math.log10(Math.max(nsPerPx, 0.01) / 10));
  return Number((Math.round(nanos / unit) * unit).toPrecision(15));
}

/** Says which time is on screen; nothing if it is the whole of `duration`. */
export function writeWindow(query: URLSearchParams, { t0, nsPerPx, w }: TimeWindow, duration: number): void {
  const isWhole = t0 <= 0 && t0 + w * nsPerPx >= duration;
  setOrDelete(query, 'ts', isWhole ? '' : String(roundFor(t0, nsPerPx)));
  setOrDelete(query, 'dur', isWhole ? '' : String(roundFor(w * nsPerPx, nsPerPx)));
}

export function setOrDelete(query: URLSearchParams, name: string, value: string): void {
  if (value) query.set(name, value);
  else query.delete(name);
}

/** What a frame around the page asked to leave out: Jaeger's parameters, which count in a frame alone. */
export interface Embedding {
  embedded: boolean;
  slim: boolean;
  minimap: boolean;
  summary: boolean;
}

export function embeddingIn(query: URLSearchParams): Embedding {
  const embedded = query.get('uiEmbed') === 'v0';
  const asks = (name: string) => embedded && query.get(name) === '1';
  return {
    embedded,
    slim: asks('uiTimelineCollapseTitle'),
    minimap: !asks('uiTimelineHideMinimap'),
    summary: !asks('uiTimelineHideSummary'),
  };
}
