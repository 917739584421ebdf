/** What a canvas offers for measuring. */
export interface Measuring {
  font: string;
  measureText(text: string): { width: number };
}

const STRINGS_MAX = 10_000;
/** A name may be as long as a book; what does not fit on any screen is not measured. */
const LETTERS_MAX = 400;
const ELLIPSIS = '…';
/** Fewer letters of a name tell nothing. */
const KEPT_MIN = 4;
/** Controls, and the marks by which a text could turn its neighbours around. */
const UNSEEN = /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

/** Widths of letters, measured once a font: no text is measured in a redraw. */
export class Advances {
  private readonly letters = new Map<string, number>();
  private readonly strings = new Map<string, number>();
  private font = '';

  measure(context: Measuring, text: string): number {
    if (context.font !== this.font) {
      this.letters.clear();
      this.strings.clear();
      this.font = context.font;
    }
    const known = this.strings.get(text);
    if (known !== undefined) return known;
    let sum = 0;
    for (const letter of text) {
      let width = this.letters.get(letter);
      if (width === undefined) {
        width = context.measureText(letter).width;
        this.letters.set(letter, width);
      }
      sum += width;
    }
    // A map keeps the order in which it was filled: the oldest goes.
    if (this.strings.size >= STRINGS_MAX) this.strings.delete(this.strings.keys().next().value ?? '');
    this.strings.set(text, sum);
    return sum;
  }
}

/**
 * A text that fits into `room`, or '' if not even its beginning does: paths of Rust lose their left end, other texts their
 * middle. `measure` answers in the unit of `room`.
 */
export function fitted(text: string, room: number, measure: (text: string) => number): string {
  const clean = text.replace(UNSEEN, '·');
  if (clean.length <= LETTERS_MAX && measure(clean) <= room) return clean;
  const letters = [...clean.slice(0, LETTERS_MAX)];
  const last = [...clean.slice(-LETTERS_MAX)];
  const path = clean.includes('::');
  let best = '';
  let low = KEPT_MIN;
  let high = Math.min(letters.length, last.length) - 1;
  while (low <= high) {
    const kept = (low + high) >> 1;
    const tail = path ? kept : kept >> 1;
    const head = path ? 0 : kept - tail;
    const tried = letters.slice(0, head).join('') + ELLIPSIS + last.slice(last.length - tail).join('');
    if (measure(tried) <= room) {
      best = tried;
      low = kept + 1;
    } else {
      high = kept - 1;
    }
  }
  return best;
}
