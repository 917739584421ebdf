import type { ExportOrder } from '../../engine/export.ts';
import { formatDuration } from '../../engine/format.ts';
import { windowEnd } from '../../engine/view.ts';
import { toast } from '../../shell/commands.ts';
import { saveFile } from '../../shell/save.ts';
import type { TraceModel } from './model.ts';

/** Saves the view on screen as a picture, and says so; if it cannot be, says why. */
export async function exportView(model: TraceModel, format: ExportOrder['format'], scale: 1 | 2 = 1): Promise<void> {
  const facts = model.facts.peek();
  const view = model.picture.peek()?.view;
  if (!facts || !view) return;
  const from = Math.max(0, view.t0);
  const to = Math.min(facts.durationNanos, windowEnd(view));
  const order: ExportOrder = {
    format,
    scale,
    view,
    title: model.title || 'Trace',
    traceId: facts.id,
    window: `${formatDuration(from)} to ${formatDuration(to)} of ${formatDuration(facts.durationNanos)}`,
    lost: String(facts.lost),
  };
  try {
    saveFile(`trace-${facts.id.slice(0, 16)}.${format}`, await model.exporter.file(order));
    toast(`Saved the view as ${format.toUpperCase()}`);
  } catch (error) {
    toast(`No ${format.toUpperCase()}: ${error instanceof Error ? error.message : String(error)}`, true);
  }
}
