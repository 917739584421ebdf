import { useMemo } from 'preact/hooks';
import { words } from '../../engine/find.ts';
import { visibleControls } from '../../widgets/hostile.tsx';
import { highlight } from './highlight.ts';

/** Longer texts are shown without marks: looking for them would hold the page up. */
const MARKED_MAX = 20_000;

/** Text from outside, with what Find looks for marked. */
export function FoundText({ text, query }: { text: string; query: string }) {
  const pieces = useMemo(() => {
    const shown = visibleControls(text);
    return query === '' || shown.length > MARKED_MAX ? [{ text: shown, hit: false }] : highlight(shown, words(query));
  }, [text, query]);
  return <bdi>{pieces.map((piece, index) => (piece.hit ? <mark key={index}>{piece.text}</mark> : piece.text))}</bdi>;
}
