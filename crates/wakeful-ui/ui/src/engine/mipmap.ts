import { marksOf, rankOf } from './line.ts';
import type { Packed } from './packed.ts';
import type { Scene } from './scene.ts';

/** So many spans of the fullest lane share a bucket of the finest level on average: below, looking at each is as quick. */
const SHARE = 1;
/** How many spans or buckets are looked at before the clock is. */
const STRIDE = 4_096;

/** Lanes at one scale: what is shorter than a bucket is summed up in buckets, what is longer is listed. */
export interface Level {
  /** Nanoseconds a bucket has, a power of two. */
  bucket: number;
  /** By lane, where its buckets begin, and one more at the end. Empty ones are not kept. */
  from: Uint32Array;
  /** Which bucket, counted from time 0. */
  at: Uint32Array;
  /** Rows. */
  winner: Uint32Array;
  rank: Float64Array;
  count: Uint32Array;
  marks: Uint8Array;
  /** Nanoseconds that are covered. */
  cover: Float32Array;
  /** By lane, where its part of `longs` begins, and one more at the end. */
  longFrom: Uint32Array;
  /** Places in the packed layout's order. */
  longs: Uint32Array;
}

/**
 * The packed layout at scales that are powers of two, so that a redraw costs what is on screen, not what there is. It is built
 * piece by piece between redraws; until then lanes are looked through.
 */
export class Mipmap {
  /** From fine to coarse. */
  readonly levels: Level[] = [];
  /** By place in the packed layout's order: `marksOf` its row. */
  readonly marks: Uint8Array;
  ready = false;
  private readonly work: Iterator<void>;

  constructor(
    private readonly scene: Scene,
    private readonly packed: Packed,
  ) {
    this.marks = new Uint8Array(packed.rows.length);
    this.work = this.build();
  }

  /** Goes on building for so many milliseconds; returns whether it is done. */
  advance(millis: number): boolean {
    const until = performance.now() + millis;
    while (!this.ready && performance.now() < until) this.ready = this.work.next().done === true;
    return this.ready;
  }

  /** The coarsest level whose buckets are within `nanos`, if there is one. */
  levelFor(nanos: number): Level | undefined {
    return this.ready ? this.levels.findLast((level) => level.bucket <= nanos) : undefined;
  }

  private *build(): Generator<void> {
    const { rows, rest, lanes } = this.packed;
    for (let i = 0; i < rows.length; i++) {
      this.marks[i] = marksOf(this.scene, rows[i]);
      if (i % STRIDE === 0) yield;
    }
    // The lane of those without a place of their own overlaps; it is drawn in another way.
    const disjoint = rest ? lanes - 1 : lanes;
    const { duration } = this.scene;
    let fullest = 1;
    for (let lane = 0; lane < disjoint; lane++) fullest = Math.max(fullest, this.packed.from[lane + 1] - this.packed.from[lane]);
    const least = Math.max((SHARE * duration) / fullest, duration / 2 ** 31, 1);
    let bucket = 2 ** Math.ceil(Math.log2(least));
    let level: Level | null = null;
    for (; bucket < duration / 64; bucket *= 2) {
      const next: Level = level ? yield* this.coarser(level, bucket, disjoint) : yield* this.finest(bucket, disjoint);
      this.levels.push(next);
      level = next;
    }
  }

  private *finest(bucket: number, lanes: number): Generator<void, Level> {
    const { rows, start, end, from } = this.packed;
    const out = new LevelBuilder(bucket, lanes, from[lanes]);
    for (let lane = 0; lane < lanes; lane++) {
      out.beginLane(lane);
      for (let i = from[lane]; i < from[lane + 1]; i++) {
        if (i % STRIDE === 0) yield;
        const dur = end[i] - start[i];
        if (dur >= bucket) out.addLong(i);
        else out.add(start[i], rows[i], rankOf(this.marks[i], dur), 1, this.marks[i], dur);
      }
    }
    return out.finish();
  }

  /** From the level before: its buckets, and those of its long spans that are short here. */
  private *coarser(fine: Level, bucket: number, lanes: number): Generator<void, Level> {
    const { rows, start, end } = this.packed;
    const out = new LevelBuilder(bucket, lanes, fine.at.length + fine.longs.length);
    for (let lane = 0; lane < lanes; lane++) {
      out.beginLane(lane);
      let i = fine.from[lane];
      let j = fine.longFrom[lane];
      while (i < fine.from[lane + 1] || j < fine.longFrom[lane + 1]) {
        if ((i + j) % STRIDE === 0) yield;
        const place = fine.longs[j];
        const bucketTime = i < fine.from[lane + 1] ? fine.at[i] * fine.bucket : Number.POSITIVE_INFINITY;
        const longTime = j < fine.longFrom[lane + 1] ? start[place] : Number.POSITIVE_INFINITY;
        if (bucketTime <= longTime) {
          out.add(bucketTime, fine.winner[i], fine.rank[i], fine.count[i], fine.marks[i], fine.cover[i]);
          i++;
          continue;
        }
        const dur = end[place] - start[place];
        if (dur >= bucket) out.addLong(place);
        else out.add(start[place], rows[place], rankOf(this.marks[place], dur), 1, this.marks[place], dur);
        j++;
      }
    }
    return out.finish();
  }
}

/** Fills a level from what comes in the order of time, lane after lane. */
class LevelBuilder {
  private readonly level: Level;
  private buckets = 0;
  private long = 0;
  private laneFirst = 0;
  private lane = 0;

  constructor(bucket: number, lanes: number, most: number) {
    this.level = {
      bucket,
      from: new Uint32Array(lanes + 1),
      at: new Uint32Array(most),
      winner: new Uint32Array(most),
      rank: new Float64Array(most),
      count: new Uint32Array(most),
      marks: new Uint8Array(most),
      cover: new Float32Array(most),
      longFrom: new Uint32Array(lanes + 1),
      longs: new Uint32Array(most),
    };
  }

  beginLane(lane: number): void {
    this.lane = lane;
    this.laneFirst = this.buckets;
    this.level.from[lane] = this.buckets;
    this.level.longFrom[lane] = this.long;
  }

  addLong(place: number): void {
    this.level.longs[this.long++] = place;
  }

  add(time: number, row: number, rank: number, count: number, marks: number, cover: number): void {
    const { level } = this;
    const at = Math.floor(time / level.bucket);
    let to = this.buckets - 1;
    if (to < this.laneFirst || level.at[to] !== at) {
      to = this.buckets++;
      level.at[to] = at;
      level.winner[to] = row;
      level.rank[to] = rank;
    } else if (rank > level.rank[to]) {
      level.winner[to] = row;
      level.rank[to] = rank;
    }
    level.count[to] += count;
    level.marks[to] |= marks;
    level.cover[to] += cover;
  }

  finish(): Level {
    const { level, buckets, long, lane } = this;
    level.from[lane + 1] = buckets;
    level.longFrom[lane + 1] = long;
    return {
      ...level,
      at: level.at.slice(0, buckets),
      winner: level.winner.slice(0, buckets),
      rank: level.rank.slice(0, buckets),
      count: level.count.slice(0, buckets),
      marks: level.marks.slice(0, buckets),
      cover: level.cover.slice(0, buckets),
      longs: level.longs.slice(0, long),
    };
  }
}
