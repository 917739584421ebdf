/** A piece of a text, and whether it is what was looked for. */
export interface Piece {
  text: string;
  hit: boolean;
}

/** Cuts a text where any of the words (in lower case) stands in it; hits that touch or overlap become one. */
export function highlight(text: string, words: readonly string[]): Piece[] {
  const lower = text.toLowerCase();
  // Lower case may be longer (İ): then places mean nothing.
  if (lower.length !== text.length || words.length === 0) return [{ text, hit: false }];
  const marked = new Uint8Array(text.length);
  for (const word of words) {
    if (word === '') continue;
    for (let at = lower.indexOf(word); at >= 0; at = lower.indexOf(word, at + word.length)) marked.fill(1, at, at + word.length);
  }
  const pieces: Piece[] = [];
  for (let from = 0, to = 0; from < text.length; from = to) {
    while (to < text.length && marked[to] === marked[from]) to++;
    pieces.push({ text: text.slice(from, to), hit: marked[from] === 1 });
  }
  return pieces.length > 0 ? pieces : [{ text, hit: false }];
}
