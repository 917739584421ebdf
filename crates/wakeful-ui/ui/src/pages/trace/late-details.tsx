import { useLate } from '../../widgets/late.ts';
import type { TraceModel } from './model.ts';

/** The details of the selected span. Their script comes once the trace is read, so that neither waits for the other. */
export function LateDetails({ model }: { model: TraceModel }) {
  const selected = model.selected.value;
  const wanted = model.generation.value > 0 || selected >= 0;
  // Without the script there are no details; the next selection asks again.
  const late = useLate(async () => (await import('./detail-panel.tsx')).DetailPanel, wanted, selected);
  return late.state === 'here' ? <late.Component model={model} /> : null;
}
