import { NO_ROW } from '../columns.ts';
import { Scene } from '../scene.ts';
import type { View } from '../view.ts';

/** A span as tests write it: depth, name, start, duration, and flags if there are any. */
export type Line = [depth: number, name: string, start: number, dur: number, flags?: number];

/** A scene from lines in pre-order; the service of `svc/name` is `svc`. */
export function sceneOf(lines: readonly Line[]): Scene {
  const scene = new Scene();
  const names: string[] = [];
  const services: string[] = [];
  const code = (table: string[], text: string) => {
    if (!table.includes(text)) table.push(text);
    return table.indexOf(text);
  };
  const path: number[] = [];
  const parent = new Uint32Array(lines.length);
  lines.forEach(([depth], row) => {
    path.length = depth - 1;
    parent[row] = path[depth - 2] ?? NO_ROW;
    path.push(row);
  });
  const split = lines.map(([, text]) => (text.includes('/') ? text.split('/') : ['app', text]));
  scene.columns.append({
    count: lines.length,
    start: Float64Array.from(lines, (line) => line[2]),
    dur: Float64Array.from(lines, (line) => line[3]),
    parent,
    flags: Uint32Array.from(lines, (line) => line[4] ?? 0),
    service: Uint16Array.from(split, ([service]) => code(services, service)),
    name: Uint32Array.from(split, ([, name]) => code(names, name)),
  });
  scene.columns.names.push(...names);
  scene.columns.services.push(...services);
  scene.duration = Math.max(...lines.map((line) => line[2] + line[3]));
  scene.colour();
  scene.settle();
  return scene;
}

/** A view of 20 × 4-px rows, one nanosecond a pixel, unless said otherwise. */
export function viewOf(change: Partial<View> = {}): View {
  return {
    t0: 0,
    nsPerPx: 1,
    scrollRow: 0,
    w: 20,
    h: 16,
    dpr: 1,
    rowPx: 8,
    barTop: 2,
    barPx: 4,
    namesAbove: false,
    ...change,
  };
}
