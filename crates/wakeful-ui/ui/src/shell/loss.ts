import { signal } from '@preact/signals';
import { type Loss, fetchLoss } from '../data/loss.ts';
import { params, path } from './router.ts';

/** What the chip in the header counts; null while it is not known. */
export const loss = signal<Loss | null>(null);

const AGAIN_MS = 30_000;

/** The range on screen, in Unix nanoseconds; empty where the page has none. */
export function rangeOnScreen(): { from: string; to: string } {
  const nanos = (name: string) => {
    const micros = params.value.get(name) ?? '';
    return path.value === '/search' && /^[1-9]\d*$/.test(micros) ? `${micros}000` : '';
  };
  return { from: nanos('start'), to: nanos('end') };
}

/** Asks now and every half minute while the page is looked at; returns what ends that. */
export function watchLoss(from: string, to: string): () => void {
  const abort = new AbortController();
  const ask = () => {
    if (document.hidden) return;
    fetchLoss(from, to, abort.signal).then(
      (answer) => {
        loss.value = answer;
      },
      () => {
        // Whatever page is on screen says that the server does not answer; the chip says that it does not know.
        if (!abort.signal.aborted) loss.value = null;
      },
    );
  };
  ask();
  const timer = window.setInterval(ask, AGAIN_MS);
  return () => {
    window.clearInterval(timer);
    abort.abort();
  };
}
