import { useEffect, useState } from 'preact/hooks';
import { useLate } from '../../widgets/late.ts';
import type { TraceModel } from './model.ts';

/** What says that somebody is about to look at a span. */
const SIGNS = ['pointermove', 'touchstart', 'keydown'] as const;

/** The details of the selected span. Their script comes with the first sign of a user: before it is needed, and after the picture. */
export function LateDetails({ model }: { model: TraceModel }) {
  const selected = model.selected.value;
  const used = useUsed();
  // Without the script there are no details; the next selection asks again.
  const late = useLate(async () => (await import('./detail-panel.tsx')).DetailPanel, used || selected >= 0, selected);
  return late.state === 'here' ? <late.Component model={model} /> : null;
}

/** Whether a pointer or a key has moved since the page was opened. */
function useUsed(): boolean {
  const [used, setUsed] = useState(false);
  useEffect(() => {
    const controller = new AbortController();
    const use = () => {
      controller.abort();
      setUsed(true);
    };
    for (const sign of SIGNS) document.addEventListener(sign, use, { signal: controller.signal, passive: true });
    return () => controller.abort();
  }, []);
  return used;
}
