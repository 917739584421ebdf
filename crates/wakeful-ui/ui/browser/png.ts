import { deflateSync, inflateSync } from 'node:zlib';

/** Pixels of a picture, three bytes each: red, green, blue. */
export interface Pixels {
  width: number;
  height: number;
  rgb: Uint8Array;
}

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const COLOURS_MAX = 256;

/** Reads what browsers and `encode` write: 8 bits a channel or an index, not interlaced (PNG, third edition). */
export function decode(png: Buffer): Pixels {
  const parts: Buffer[] = [];
  let [width, height, kind] = [0, 0, 0];
  let palette: Buffer = Buffer.alloc(0);
  for (let at = SIGNATURE.length; at < png.length; ) {
    const length = png.readUInt32BE(at);
    const type = png.toString('latin1', at + 4, at + 8);
    const data = png.subarray(at + 8, at + 8 + length);
    if (type === 'IHDR') [width, height, kind] = [data.readUInt32BE(0), data.readUInt32BE(4), data[9]];
    if (type === 'PLTE') palette = data;
    if (type === 'IDAT') parts.push(data);
    at += length + 12;
  }
  const channels = { 2: 3, 3: 1, 6: 4 }[kind];
  if (!channels) throw new Error(`PNG of kind ${kind} cannot be read`);
  const lines = unfilter(inflateSync(Buffer.concat(parts)), width * channels, height, channels);
  const rgb = new Uint8Array(width * height * 3);
  for (let i = 0; i < width * height; i++) {
    for (let c = 0; c < 3; c++) rgb[i * 3 + c] = kind === 3 ? palette[lines[i] * 3 + c] : lines[i * channels + c];
  }
  return { width, height, rgb };
}

/** Undoes the filters by line. */
function unfilter(raw: Buffer, stride: number, height: number, step: number): Uint8Array {
  const out = new Uint8Array(stride * height);
  for (let y = 0; y < height; y++) {
    const filter = raw[y * (stride + 1)];
    for (let x = 0; x < stride; x++) {
      const at = y * stride + x;
      const left = x >= step ? out[at - step] : 0;
      const up = y > 0 ? out[at - stride] : 0;
      const corner = x >= step && y > 0 ? out[at - stride - step] : 0;
      const guess = [0, left, up, (left + up) >> 1, paeth(left, up, corner)][filter];
      out[at] = raw[y * (stride + 1) + 1 + x] + guess;
    }
  }
  return out;
}

function paeth(a: number, b: number, c: number): number {
  const [pa, pb, pc] = [Math.abs(b - c), Math.abs(a - c), Math.abs(a + b - 2 * c)];
  return pa <= pb && pa <= pc ? a : pb <= pc ? b : c;
}

/** Writes a small file: at most 256 colours; those that are hardly told apart become the most frequent of them. */
export function encode({ width, height, rgb }: Pixels): Buffer {
  const counts = new Map<number, number>();
  const colourAt = (i: number) => (rgb[i * 3] << 16) | (rgb[i * 3 + 1] << 8) | rgb[i * 3 + 2];
  for (let i = 0; i < width * height; i++) counts.set(colourAt(i), (counts.get(colourAt(i)) ?? 0) + 1);
  const palette = paletteOf(counts);
  const index = new Map(palette.map((colour, i) => [colour, i]));
  const raw = Buffer.alloc((width + 1) * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const colour = colourAt(y * width + x);
      let known = index.get(colour);
      if (known === undefined) {
        known = nearest(palette, colour);
        index.set(colour, known);
      }
      raw[y * (width + 1) + 1 + x] = known;
    }
  }
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, 3, 0, 0, 0], 8);
  const colours = Buffer.from(palette.flatMap((colour) => [colour >> 16, (colour >> 8) & 255, colour & 255]));
  const data = deflateSync(raw, { level: 9 });
  return Buffer.concat([SIGNATURE, chunk('IHDR', head), chunk('PLTE', colours), chunk('IDAT', data), chunk('IEND', Buffer.alloc(0))]);
}

/** The most frequent colour of each small cube of the colour space, in cubes as small as the palette allows. */
function paletteOf(counts: ReadonlyMap<number, number>): number[] {
  const byCount = [...counts].sort((a, b) => b[1] - a[1] || a[0] - b[0]).map(([colour]) => colour);
  for (const bits of [0, 2, 3, 4, 5]) {
    const cubes = new Map<number, number>();
    for (const colour of byCount) {
      const cube = [16, 8, 0].reduce((sum, at) => (sum << 8) | (((colour >> at) & 255) >> bits), 0);
      if (!cubes.has(cube)) cubes.set(cube, colour);
    }
    if (cubes.size <= COLOURS_MAX) return [...cubes.values()];
  }
  return byCount.slice(0, COLOURS_MAX);
}

function nearest(palette: readonly number[], colour: number): number {
  let [best, least] = [0, Number.POSITIVE_INFINITY];
  palette.forEach((other, i) => {
    const away = [16, 8, 0].reduce((sum, bit) => sum + (((other >> bit) & 255) - ((colour >> bit) & 255)) ** 2, 0);
    if (away < least) [best, least] = [i, away];
  });
  return best;
}

function chunk(type: string, data: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const out = Buffer.alloc(data.length + 12);
  out.writeUInt32BE(data.length, 0);
  named.copy(out, 4);
  out.writeUInt32BE(crc(named), data.length + 8);
  return out;
}

const CRCS = Uint32Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let bit = 0; bit < 8; bit++) c = c & 1 ? (c >>> 1) ^ 0xedb88320 : c >>> 1;
  return c;
});

function crc(bytes: Buffer): number {
  let c = 0xffffffff;
  for (const byte of bytes) c = CRCS[(c ^ byte) & 255] ^ (c >>> 8);
  return (c ^ 0xffffffff) >>> 0;
}

/** Pixels of which a channel differs by more than this count as different: less is the smoothing of letters. */
const CHANNEL_MAX = 40;

/** The share of pixels that differ, and a picture of them: what is the same is pale, what is not is red. */
export function compare(a: Pixels, b: Pixels): { share: number; picture: Pixels } {
  if (a.width !== b.width || a.height !== b.height) return { share: 1, picture: b };
  const rgb = new Uint8Array(b.rgb.length);
  let different = 0;
  for (let i = 0; i < rgb.length; i += 3) {
    const differs = [0, 1, 2].some((c) => Math.abs(a.rgb[i + c] - b.rgb[i + c]) > CHANNEL_MAX);
    if (differs) different++;
    rgb.set(differs ? [255, 0, 0] : [0, 1, 2].map((c) => 200 + (b.rgb[i + c] >> 3)), i);
  }
  return { share: different / (rgb.length / 3), picture: { ...b, rgb } };
}
