import type { Transform } from '../analysis/flame-tree.ts';

/** What of the whole width is on screen. */
export type Window = readonly [number, number];

/** A window never shows less than this part of the whole. */
const LEAST = 1e-6;

/** `factor` below 1 zooms in about the place `at`, a part of the whole width. */
export function zoomed([from, to]: Window, factor: number, at: number): Window {
  const width = Math.min(1, Math.max(LEAST, (to - from) * factor));
  const share = to > from ? (at - from) / (to - from) : 0.5;
  return kept(at - width * share, width);
}

/** Positive `by` shows what is further right; in parts of the window. */
export function panned([from, to]: Window, by: number): Window {
  return kept(from + by * (to - from), to - from);
}

function kept(from: number, width: number): Window {
  const start = Math.min(Math.max(0, from), 1 - width);
  return [start, start + width];
}

/** Transforms as the address has them: `focus:3,drop:7`. What cannot be read is left out. */
export function transformsIn(text: string): Transform[] {
  return text
    .split(',')
    .map((part) => /^(focus|focus-subtree|merge|merge-node|collapse|collapse-recursion|drop):(\d+)$/.exec(part))
    .filter((match) => match !== null)
    .map(([, what, of]) => ({ do: what as Transform['do'], of: Number(of) }));
}

export function transformsText(transforms: readonly Transform[]): string {
  return transforms.map(({ do: what, of }) => `${what}:${of}`).join(',');
}
