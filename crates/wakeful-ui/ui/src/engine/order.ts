const DIGIT = 11;
const BUCKETS = 1 << DIGIT;
const WORD = 2 ** 32;

/** The rows from the earliest start to the latest; of equal starts, the lower row first. Starts are whole numbers below 2^53. */
export function byStart(start: Float64Array, rows: Uint32Array<ArrayBuffer>): Uint32Array<ArrayBuffer> {
  const { length } = rows;
  let least = Number.POSITIVE_INFINITY;
  let most = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < length; i++) {
    const time = start[rows[i]];
    if (time < least) least = time;
    if (time > most) most = time;
  }
  // A radix sort, digit by digit from the lowest: each pass keeps the order of the one before. A time is two words.
  let order = rows;
  const words = new Uint32Array(length);
  for (let word = 0; word < 2; word++) {
    const unit = word === 0 ? 1 : WORD;
    const range = Math.floor((most - least) / unit);
    if (range === 0) break;
    // Words stand in the order that they were sorted in last, so that a pass reads them one after the other.
    for (let i = 0; i < length; i++) words[i] = ((start[order[i]] - least) / unit) >>> 0;
    order = sortedByWord(order, words, Math.min(range, WORD - 1));
  }
  return order;
}

function sortedByWord(rows: Uint32Array<ArrayBuffer>, words: Uint32Array<ArrayBuffer>, range: number): Uint32Array<ArrayBuffer> {
  const { length } = rows;
  let from = rows;
  let key = words;
  let to = new Uint32Array(length);
  let keyTo = new Uint32Array(length);
  const place = new Uint32Array(BUCKETS + 1);
  for (let shift = 0; shift < 32 && range / 2 ** shift >= 1; shift += DIGIT) {
    place.fill(0);
    for (let i = 0; i < length; i++) place[((key[i] >>> shift) & (BUCKETS - 1)) + 1]++;
    for (let i = 1; i <= BUCKETS; i++) place[i] += place[i - 1];
    for (let i = 0; i < length; i++) {
      const at = place[(key[i] >>> shift) & (BUCKETS - 1)]++;
      to[at] = from[i];
      keyTo[at] = key[i];
    }
    // The caller's rows stay as they are.
    const free = from === rows ? new Uint32Array(length) : from;
    [from, to, key, keyTo] = [to, free, keyTo, key];
  }
  return from;
}
