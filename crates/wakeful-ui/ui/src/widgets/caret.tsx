import { visibleControls } from './hostile.tsx';

/** So many characters around the caret are shown: the line must fit. */
const BEFORE = 20;
const AFTER = 12;

/** A text around a column (from 1, in characters), and a caret under it. */
export function Caret({ text, column }: { text: string; column: number }) {
  const chars = Array.from(text);
  const from = Math.max(0, column - 1 - BEFORE);
  const shown = chars.slice(from, column - 1 + AFTER).map((char) => (char < ' ' ? ' ' : char));
  return (
    <pre class="caret">
      {visibleControls(shown.join(''))}
      {'\n'}
      {' '.repeat(column - 1 - from)}^ <span class="unseen">column {column}</span>
    </pre>
  );
}
