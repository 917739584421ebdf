/** A time that stays marked while one looks elsewhere, in nanoseconds from the trace's base. */
export interface Mark {
  from: number;
  to: number;
  /** Whether it stays when the next time is marked. */
  kept: boolean;
}

/** More than this the address does not keep: the oldest go. */
const KEPT_MAX = 20;

/** Marks as the address has them: `12000-500` for a start and a length, with a `k` before it if it is kept. */
export function marksIn(text: string): Mark[] {
  return text.split('.').flatMap((mark) => {
    const [, kept, from, dur] = /^(k?)(\d{1,16})-(\d{1,16})$/.exec(mark) ?? [];
    return from === undefined ? [] : [{ from: Number(from), to: Number(from) + Number(dur), kept: kept !== '' }];
  });
}

export function textOfMarks(marks: readonly Mark[]): string {
  return marks.map(({ from, to, kept }) => `${kept ? 'k' : ''}${from}-${to - from}`).join('.');
}

/** The marks after a time was marked: the one before goes unless it is kept, and the same time once more takes its mark away. */
export function withMark(marks: readonly Mark[], from: number, to: number, keep: boolean): Mark[] {
  const mark = { from: Math.round(from), to: Math.round(to), kept: keep };
  const same = (other: Mark) => other.from === mark.from && other.to === mark.to;
  const there = marks.some((other) => same(other) && other.kept === keep);
  const others = marks.filter((other) => !same(other) && (keep || other.kept));
  return [...others, ...(there ? [] : [mark])].slice(-KEPT_MAX);
}
