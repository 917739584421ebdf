import { useEffect, useRef, useState } from 'preact/hooks';
import { isAbort, messageOf } from '../../data/api.ts';
import { type LaneRange, type Lanes, rangeOf } from '../../data/runtime/lane-kinds.ts';
import { finerStretch, spliced, type Stretch } from '../../data/runtime/lane-splice.ts';

/** Drawn on more pixels than most screens have. */
const PX = 1_600;
/** What a closer look shows more of is read when the window has stood still for so long, and drawn on three screens. */
const STILL_MS = 150;
const CLOSER_PX = 3 * PX;

export type ReadLanes = (range: LaneRange, signal: AbortSignal) => Promise<Lanes>;

export interface LanesState {
  /** As they are drawn: all of the range, and more of what is looked at closely. */
  lanes: Lanes | null;
  error: string;
  retry: () => void;
  /** Says what is looked at, in ns from where the lanes begin. */
  look: (window: Stretch) => void;
}

/** Reads lanes whenever `key` changes; what is there stays until the next is here. */
export function useLanes(key: string, range: Pick<LaneRange, 'from' | 'to'>, read: ReadLanes): LanesState {
  const [whole, setWhole] = useState<Lanes | null>(null);
  const [error, setError] = useState('');
  const [turn, setTurn] = useState(0);
  const reader = useRef(read);
  reader.current = read;
  useEffect(() => {
    const abort = new AbortController();
    reader.current({ ...range, px: PX }, abort.signal).then(
      (answer) => {
        setWhole(answer);
        setError('');
      },
      (problem) => {
        if (!isAbort(problem)) setError(messageOf(problem));
      },
    );
    return () => abort.abort();
  }, [key, range.from, range.to, turn]);
  const { lanes, look } = useCloser(whole, reader);
  return { lanes, error, retry: () => setTurn(turn + 1), look };
}

interface Closer {
  whole: Lanes;
  lanes: Lanes;
  read: Stretch;
}

/** Reads more of what is looked at, where something was joined because there was no room for it. */
function useCloser(whole: Lanes | null, reader: { readonly current: ReadLanes }): { lanes: Lanes | null; look: (window: Stretch) => void } {
  const [window, setWindow] = useState<Stretch | null>(null);
  const [closer, setCloser] = useState<Closer | null>(null);
  const shown = closer?.whole === whole ? closer : whole && { whole, lanes: whole, read: { from: 0, to: whole.to - whole.from } };
  const wanted = shown && window ? finerStretch(shown.lanes, window, shown.read) : null;
  useEffect(() => {
    if (!whole || !wanted) return;
    const abort = new AbortController();
    const timer = globalThis.setTimeout(() => {
      reader.current({ ...rangeOf(whole, wanted), px: CLOSER_PX }, abort.signal).then(
        (finer) => setCloser({ whole, lanes: spliced(whole, finer), read: wanted }),
        // What is there stays; the next move tries again.
        () => undefined,
      );
    }, STILL_MS);
    return () => {
      globalThis.clearTimeout(timer);
      abort.abort();
    };
  }, [whole, wanted?.from, wanted?.to]);
  return { lanes: shown?.lanes ?? null, look: setWindow };
}
