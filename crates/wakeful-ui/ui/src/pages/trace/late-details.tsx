import type { FunctionComponent } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { TraceModel } from './model.ts';

type Panel = FunctionComponent<{ model: TraceModel }>;

const load = async (): Promise<Panel> => (await import('./detail-panel.tsx')).DetailPanel;

/** The details of the selected span. Their script comes once the trace is read, so that neither waits for the other. */
export function LateDetails({ model }: { model: TraceModel }) {
  const [late, setLate] = useState<{ panel: Panel } | null>(null);
  const wanted = model.generation.value > 0 || model.selected.value >= 0;
  useEffect(() => {
    // Without the script there are no details; the next selection asks again.
    if (wanted && !late) load().then((panel) => setLate({ panel }), () => undefined);
  }, [wanted, model.selected.value]);
  return late ? <late.panel model={model} /> : null;
}
