import { useEffect, useRef, useState } from 'preact/hooks';
import { isAbort, messageOf } from '../../data/api.ts';
import type { LaneRange, Lanes } from '../../data/runtime/lane-kinds.ts';

/** Drawn on more pixels than most screens have. */
const PX = 1_600;

export interface LanesState {
  lanes: Lanes | null;
  error: string;
  retry: () => void;
}

/** Reads lanes whenever `key` changes; what is there stays until the next is here. */
export function useLanes(key: string, range: Pick<LaneRange, 'from' | 'to'>, read: (range: LaneRange, signal: AbortSignal) => Promise<Lanes>): LanesState {
  const [lanes, setLanes] = useState<Lanes | null>(null);
  const [error, setError] = useState('');
  const [turn, setTurn] = useState(0);
  const reader = useRef(read);
  reader.current = read;
  useEffect(() => {
    const abort = new AbortController();
    reader.current({ ...range, px: PX }, abort.signal).then(
      (answer) => {
        setLanes(answer);
        setError('');
      },
      (problem) => {
        if (!isAbort(problem)) setError(messageOf(problem));
      },
    );
    return () => abort.abort();
  }, [key, range.from, range.to, turn]);
  return { lanes, error, retry: () => setTurn(turn + 1) };
}
