import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const css = readFileSync('src/theme/tokens.css', 'utf8');
const tokens = new Map(
  [...css.matchAll(/--([\w-]+): light-dark\((#\w{6}), (#\w{6})\)/g)].map(([, name, light, dark]) => [name, { light, dark }]),
);

type Mode = 'light' | 'dark';
const MODES: Mode[] = ['light', 'dark'];
const BACKGROUNDS = ['bg', 'bg-1', 'bg-2', 'sel-bg', 'hover-bg', 'hit-bg', 'error-bg', 'warn-bg'];
const TEXTS = ['text', 'text-2', 'text-3', 'accent', 'error', 'warn', 'ok'];
const SHAPES = ['line-2', 'hit-line'];
const SERVICES = Array.from({ length: 12 }, (_, i) => `svc-${i + 1}`);

function colour(name: string, mode: Mode): number[] {
  const hex = tokens.get(name)?.[mode];
  if (!hex) throw new Error(`no token ${name}`);
  return [1, 3, 5].map((at) => {
    const channel = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4;
  });
}

/** WCAG 2.2's relative luminance, from linear channels. */
function luminance([r, g, b]: number[]): number {
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a: string, b: string, mode: Mode): number {
  const [low, high] = [luminance(colour(a, mode)), luminance(colour(b, mode))].sort((x, y) => x - y);
  return (high + 0.05) / (low + 0.05);
}

const pairs = (fronts: string[], backs: string[]) =>
  MODES.flatMap((mode) => fronts.flatMap((front) => backs.map((back) => [mode, front, back] as const)));

test.each(pairs(TEXTS, BACKGROUNDS))('%s: text %s on %s', (mode, front, back) => {
  expect(contrast(front, back, mode)).toBeGreaterThanOrEqual(4.5);
});

test.each(pairs([...SHAPES, ...SERVICES], ['bg']))('%s: shape %s on %s', (mode, front, back) => {
  expect(contrast(front, back, mode)).toBeGreaterThanOrEqual(3);
});

test.each(MODES.flatMap((mode) => SERVICES.map((slot) => [mode, slot] as const)))('%s: ink on %s', (mode, slot) => {
  expect(contrast(`${slot}-ink`, slot, mode)).toBeGreaterThanOrEqual(4.5);
});

/** Colour vision deficiencies of full severity, on linear RGB (Machado, Oliveira and Fernandes 2009). */
const VISIONS: Record<string, number[][]> = {
  normal: [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  protan: [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
  deutan: [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
  tritan: [
    [1.255528, -0.076749, -0.178779],
    [-0.078411, 0.930809, 0.147602],
    [0.004733, 0.691367, 0.3039],
  ],
};

function seen(rgb: number[], vision: number[][]): number[] {
  return vision.map((row) => Math.min(1, Math.max(0, row[0] * rgb[0] + row[1] * rgb[1] + row[2] * rgb[2])));
}

/** CIELAB under D65. */
function lab([r, g, b]: number[]): number[] {
  const x = (0.4124564 * r + 0.3575761 * g + 0.1804375 * b) / 0.95047;
  const y = 0.2126729 * r + 0.7151522 * g + 0.072175 * b;
  const z = (0.0193339 * r + 0.119192 * g + 0.9503041 * b) / 1.08883;
  const [fx, fy, fz] = [x, y, z].map((t) => (t > 216 / 24389 ? Math.cbrt(t) : ((24389 / 27) * t + 16) / 116));
  return [116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)];
}

/** CIEDE2000 (Sharma, Wu and Dalal 2005). */
function distance([l1, a1, b1]: number[], [l2, a2, b2]: number[]): number {
  const rad = Math.PI / 180;
  const mean = ((Math.hypot(a1, b1) + Math.hypot(a2, b2)) / 2) ** 7;
  const g = 0.5 * (1 - Math.sqrt(mean / (mean + 25 ** 7)));
  const [p1, p2] = [a1 * (1 + g), a2 * (1 + g)];
  const [c1, c2] = [Math.hypot(p1, b1), Math.hypot(p2, b2)];
  const hue = (a: number, b: number) => (a === 0 && b === 0 ? 0 : (Math.atan2(b, a) / rad + 360) % 360);
  const [h1, h2] = [hue(p1, b1), hue(p2, b2)];
  let dh = c1 * c2 === 0 ? 0 : h2 - h1;
  if (dh > 180) dh -= 360;
  if (dh < -180) dh += 360;
  let h = h1 + h2;
  if (c1 * c2 !== 0) h = Math.abs(h1 - h2) <= 180 ? h / 2 : (h + (h < 360 ? 360 : -360)) / 2;
  const [l, c] = [(l1 + l2) / 2, (c1 + c2) / 2];
  const t =
    1 -
    0.17 * Math.cos((h - 30) * rad) +
    0.24 * Math.cos(2 * h * rad) +
    0.32 * Math.cos((3 * h + 6) * rad) -
    0.2 * Math.cos((4 * h - 63) * rad);
  const sl = 1 + (0.015 * (l - 50) ** 2) / Math.sqrt(20 + (l - 50) ** 2);
  const sc = 1 + 0.045 * c;
  const sh = 1 + 0.015 * c * t;
  const rt = -2 * Math.sqrt(c ** 7 / (c ** 7 + 25 ** 7)) * Math.sin(60 * rad * Math.exp(-(((h - 275) / 25) ** 2)));
  const [dl, dc] = [(l2 - l1) / sl, (c2 - c1) / sc];
  const dH = (2 * Math.sqrt(c1 * c2) * Math.sin((dh * rad) / 2)) / sh;
  return Math.sqrt(dl ** 2 + dc ** 2 + dH ** 2 + rt * dc * dH);
}

test('the measure is the published one', () => {
  expect(distance([50, 2.6772, -79.7751], [50, 0, -82.7485])).toBeCloseTo(2.0425, 4);
  expect(distance([50, 2.5, 0], [73, 25, -18])).toBeCloseTo(27.1492, 4);
});

test.each(MODES.flatMap((mode) => Object.keys(VISIONS).map((vision) => [mode, vision] as const)))(
  '%s: services are told apart by %s eyes',
  (mode, vision) => {
    const labs = SERVICES.map((slot) => lab(seen(colour(slot, mode), VISIONS[vision])));
    for (let a = 0; a < labs.length; a++) {
      for (let b = a + 1; b < labs.length; b++) {
        expect(distance(labs[a], labs[b]), `${SERVICES[a]} and ${SERVICES[b]}`).toBeGreaterThanOrEqual(9);
      }
    }
  },
);
