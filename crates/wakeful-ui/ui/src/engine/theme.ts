/** Colours as the page resolved them: token without dashes in front (`bg`, `svc-5-pale`) to a CSS colour. */
export type Tokens = Readonly<Record<string, string>>;

/** Pixels are packed as `ImageData` has them on the little-endian machines that exist: 0xAABBGGRR. */
export interface Theme {
  bg: number;
  text: number;
  line: number;
  line2: number;
  accent: number;
  error: number;
  warn: number;
  hitLine: number;
  /** The line under what is on the critical path. */
  critical: number;
  wake: number;
  polling: number;
  /** Of short polls: text can be read on it. */
  pollingPale: number;
  scheduled: number;
  idle: number;
  blocked: number;
  /** By slot 1–12; 0 is a row without a service. */
  service: Uint32Array;
  pale: Uint32Array;
  /** By slot, four shades: the colour at 25, 50, 75 and 100 % over the background. */
  shades: Uint32Array;
  /** Flame graph: own code, dependencies, async runtime, std, kernel and libc. */
  flame: Uint32Array;
  /** For text, by slot; CSS. */
  ink: string[];
  /** For text beside bars, and on the colours of a flame graph; CSS. */
  label: string;
  strong: string;
}

const FLAME = ['own', 'dep', 'rt', 'std', 'sys'];

/** The tokens that `themeOf` reads. */
export const TOKENS: readonly string[] = [
  ...['bg', 'text', 'text-2', 'line', 'line-2', 'accent', 'error', 'warn', 'hit-line', 'crit', 'wake'],
  ...['st-polling', 'st-scheduled', 'st-idle', 'st-blocked'],
  ...FLAME.map((kind) => `fl-${kind}`),
  ...Array.from({ length: 12 }, (_, i) => [`svc-${i + 1}`, `svc-${i + 1}-ink`, `svc-${i + 1}-pale`]).flat(),
];

export function themeOf(tokens: Tokens): Theme {
  const pixel = (name: string) => packed(tokens[name] ?? '');
  const slots = (suffix: string) =>
    Uint32Array.from({ length: 13 }, (_, slot) => pixel(slot === 0 ? 'line-2' : `svc-${slot}${suffix}`));
  const service = slots('');
  const bg = pixel('bg');
  return {
    bg,
    text: pixel('text'),
    line: pixel('line'),
    line2: pixel('line-2'),
    accent: pixel('accent'),
    error: pixel('error'),
    warn: pixel('warn'),
    hitLine: pixel('hit-line'),
    critical: pixel('crit'),
    wake: pixel('wake'),
    polling: pixel('st-polling'),
    pollingPale: mixed(pixel('st-polling'), bg, 0.35),
    scheduled: pixel('st-scheduled'),
    idle: pixel('st-idle'),
    blocked: pixel('st-blocked'),
    service,
    shades: Uint32Array.from({ length: 13 * 4 }, (_, i) => mixed(service[i >> 2], bg, ((i & 3) + 1) / 4)),
    flame: Uint32Array.from(FLAME, (kind) => pixel(`fl-${kind}`)),
    pale: slots('-pale'),
    ink: Array.from({ length: 13 }, (_, slot) => (slot === 0 ? tokens.bg : tokens[`svc-${slot}-ink`]) ?? ''),
    label: tokens['text-2'] ?? '',
    strong: tokens.text ?? '',
  };
}

/** `#rrggbb`, and the two forms in which browsers answer computed colours: `rgb(1, 2, 3)`, `color(srgb 0.1 0.2 0.3)`. */
export function packed(colour: string): number {
  let rgb: number[];
  if (colour.startsWith('#')) {
    rgb = [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16));
  } else {
    const numbers = (colour.match(/[\d.]+(?=[\s,)/])/g) ?? []).map(Number);
    rgb = colour.startsWith('color(') ? numbers.map((n) => Math.round(n * 255)) : numbers;
  }
  const [r = 0, g = 0, b = 0] = rgb;
  return ((255 << 24) | (b << 16) | (g << 8) | r) >>> 0;
}

/** A packed pixel as CSS and SVG have it. */
export function css(pixel: number): string {
  const [r, g, b] = [pixel & 255, (pixel >>> 8) & 255, (pixel >>> 16) & 255];
  return `#${[r, g, b].map((channel) => channel.toString(16).padStart(2, '0')).join('')}`;
}

/** `share` of `over` on `under`, both opaque. */
export function mixed(over: number, under: number, share: number): number {
  let out = 0xff000000;
  for (const shift of [0, 8, 16]) {
    const a = (over >>> shift) & 255;
    const b = (under >>> shift) & 255;
    out |= Math.round(b + (a - b) * share) << shift;
  }
  return out >>> 0;
}
