import { draw } from '../draw.ts';
import { linesOnScreen, pictureSize } from '../extent.ts';
import type { Scene } from '../scene.ts';
import { type Theme, themeOf } from '../theme.ts';
import type { View } from '../view.ts';

const TOKENS: Record<string, string> = {
  bg: '#ffffff',
  text: '#000000',
  line: '#dddddd',
  'line-2': '#777777',
  error: '#ff0000',
  warn: '#aa5500',
  'hit-line': '#ffff00',
  crit: '#00ff00',
  wake: '#ff00ff',
  'st-polling': '#00ffff',
  'st-scheduled': '#ff8800',
  'st-idle': '#eeeeee',
  'st-blocked': '#880088',
};
for (let slot = 1; slot <= 12; slot++) {
  TOKENS[`svc-${slot}`] = `#0000${(0x80 + slot).toString(16)}`;
  TOKENS[`svc-${slot}-pale`] = `#cc${(0x80 + slot).toString(16)}ff`;
}
export const THEME: Theme = themeOf(TOKENS);

const LETTERS = new Map([
  ...[...THEME.pale].map((pixel): [number, string] => [pixel, '~']),
  ...[...THEME.service].map((pixel): [number, string] => [pixel, '#']),
  [0, '.'],
  [THEME.bg, ' '],
  [THEME.error, '!'],
  [THEME.warn, 'w'],
  [THEME.hitLine, '='],
  [THEME.text, '@'],
  [THEME.line2, '-'],
  [THEME.line, '|'],
  [THEME.critical, '_'],
  [THEME.wake, 'v'],
  [THEME.polling, 'P'],
  [THEME.scheduled, '/'],
  [THEME.idle, 'o'],
  [THEME.blocked, 'x'],
]);

/**
 * A picture as text: `#` a service, `~` its pale colour, `+` a part of a pixel of it, `!` error, `w` warning, `=` find hit, `@` selection and
 * ticks, `-` missing parent and rims, `|` grid, `_` critical path, `v` wake, `P` polling, `/` scheduled, `o` idle, `x` blocked,
 * a space the background over something else, `.` nothing.
 */
export function picture(pixels: Uint32Array, width: number): string[] {
  const lines: string[] = [];
  for (let y = 0; y * width < pixels.length; y++) {
    const line = Array.from(pixels.subarray(y * width, (y + 1) * width), (pixel) => LETTERS.get(pixel) ?? '+');
    lines.push(line.join(''));
  }
  return lines;
}

export function drawn(scene: Scene, view: View): { lines: string[]; pick: Uint32Array } {
  const { width, height } = pictureSize(view);
  const [from, to] = linesOnScreen(view, scene.lines);
  const out = new Uint32Array(width * height);
  const pick = new Uint32Array((to - from) * Math.ceil(view.w));
  draw(scene, view, THEME, out, pick);
  return { lines: picture(out, width), pick };
}
