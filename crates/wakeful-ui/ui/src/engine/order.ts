const DIGIT = 11;
const BUCKETS = 1 << DIGIT;

/** The rows from the earliest start to the latest; of equal starts, the lower row first. Starts are whole numbers below 2^53. */
export function byStart(start: Float64Array, rows: Uint32Array<ArrayBuffer>): Uint32Array<ArrayBuffer> {
  let least = Number.POSITIVE_INFINITY;
  let most = Number.NEGATIVE_INFINITY;
  for (const row of rows) {
    if (start[row] < least) least = start[row];
    if (start[row] > most) most = start[row];
  }
  let from = rows;
  let to = new Uint32Array(rows.length);
  const place = new Uint32Array(BUCKETS + 1);
  // A radix sort, digit by digit from the lowest: each pass keeps the order of the one before.
  for (let unit = 1; unit <= most - least; unit *= BUCKETS) {
    place.fill(0);
    const digit = (row: number) => Math.floor((start[row] - least) / unit) % BUCKETS;
    for (const row of from) place[digit(row) + 1]++;
    for (let i = 1; i <= BUCKETS; i++) place[i] += place[i - 1];
    for (const row of from) to[place[digit(row)]++] = row;
    [from, to] = [to, from === rows ? new Uint32Array(rows.length) : from];
  }
  return from;
}
