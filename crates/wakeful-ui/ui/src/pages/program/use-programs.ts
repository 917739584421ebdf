import { useEffect, useState } from 'preact/hooks';
import { isAbort, messageOf } from '../../data/api.ts';
import { fetchPrograms, type Program } from '../../data/runtime/programs.ts';

/** Whether a program lives is asked so often. */
const AGAIN_MS = 5_000;

export interface Programs {
  /** Null until the first answer. */
  list: readonly Program[] | null;
  error: string;
  retry: () => void;
}

/** All programs that reported of their runtimes, kept current while the page is looked at. */
export function usePrograms(): Programs {
  const [list, setList] = useState<readonly Program[] | null>(null);
  const [error, setError] = useState('');
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    const abort = new AbortController();
    const ask = () => {
      if (document.hidden) return;
      fetchPrograms(abort.signal).then(
        (programs) => {
          setList(programs);
          setError('');
        },
        (problem) => {
          if (!isAbort(problem)) setError(messageOf(problem));
        },
      );
    };
    ask();
    const timer = window.setInterval(ask, AGAIN_MS);
    return () => {
      window.clearInterval(timer);
      abort.abort();
    };
  }, [turn]);
  return { list, error, retry: () => setTurn(turn + 1) };
}

/** The program that an address means: the one it names, else the newest that lives, else the newest. */
export function chosenOf(list: readonly Program[], asked: string): Program | undefined {
  return list.find(({ id }) => id === asked) ?? list.find(({ live }) => live) ?? list[0];
}
