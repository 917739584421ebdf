import type { View } from './view.ts';

/** What of a view says where times are. */
export type Times = Pick<View, 't0' | 'nsPerPx' | 'w' | 'dpr'>;

/** Size in device pixels of the picture of a view. */
export function pictureSize(view: View): { width: number; height: number } {
  return { width: Math.max(1, Math.round(view.w * view.dpr)), height: Math.max(1, Math.round(view.h * view.dpr)) };
}

/** Lines that a view touches, from and to (exclusive). */
export function linesOnScreen(view: View, count: number): [number, number] {
  const first = Math.max(0, Math.floor(view.scrollRow));
  return [Math.min(first, count), Math.min(count, Math.ceil(view.scrollRow + view.h / view.rowPx))];
}

/** Where the bar of a line begins and ends, in device pixels. */
export function barOf(view: View, line: number): { top: number; bottom: number } {
  const top = Math.round(((line - view.scrollRow) * view.rowPx + view.barTop) * view.dpr);
  return { top, bottom: top + Math.round(view.barPx * view.dpr) };
}

/** Device pixels of a CSS pixel's lines and marks, at least one. */
export function lineWidth(view: Pick<View, 'dpr'>): number {
  return Math.max(1, Math.round(view.dpr));
}

/**
 * Device pixels of a time, `least` at least. They are cut so far outside of the picture that arithmetic stays in 32 bits;
 * the window's start is subtracted before anything is scaled, so that nothing is lost of the nanoseconds.
 */
export function extentOf(view: Times, start: number, dur: number, least: number): [number, number] {
  const scale = view.dpr / view.nsPerPx;
  const limit = 4 * view.w * view.dpr;
  const x0 = Math.floor(Math.max(-limit, Math.min(limit, (start - view.t0) * scale)));
  const x1 = Math.round(Math.max(-limit, Math.min(limit, (start + dur - view.t0) * scale)));
  return [x0, Math.max(x1, x0 + least)];
}
