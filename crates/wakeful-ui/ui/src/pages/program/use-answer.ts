import { useEffect, useState } from 'preact/hooks';
import { ApiError, isAbort, messageOf } from '../../data/api.ts';

/** What is alive is asked for again so often. */
const AGAIN_MS = 2_000;

/**
 * What a server answers, asked for anew when one of `question` changes, and again and again while `follows` and somebody looks; beside it
 * why the latest question has no answer. The answer before stays until there is one.
 */
export function useAnswer<T>(ask: (signal: AbortSignal) => Promise<T>, follows: boolean, question: readonly unknown[]): [T | null, ApiError | null] {
  const [answer, setAnswer] = useState<T | null>(null);
  const [error, setError] = useState<ApiError | null>(null);
  useEffect(() => {
    const abort = new AbortController();
    const askNow = () => {
      if (document.hidden) return;
      ask(abort.signal).then(
        (answered) => {
          setAnswer(answered);
          setError(null);
        },
        (problem) => {
          if (!isAbort(problem)) setError(problem instanceof ApiError ? problem : new ApiError(messageOf(problem), 0));
        },
      );
    };
    askNow();
    const timer = follows ? window.setInterval(askNow, AGAIN_MS) : 0;
    return () => {
      window.clearInterval(timer);
      abort.abort();
    };
  }, [...question, follows]);
  return [answer, error];
}
