import { downloadPath, traceOf } from '../../data/trace.ts';
import { copyLink } from '../../shell/commands.ts';
import { go, href, params, path } from '../../shell/router.ts';
import { Menu, type MenuItem } from '../../widgets/menu.tsx';
import { exportView } from './export.ts';
import type { TraceModel } from './model.ts';

/** What can be taken away from a trace. */
export function Actions({ model }: { model: TraceModel }) {
  return <Menu label="Actions" title="Downloads and links" items={actionsOf(model)} />;
}

export function actionsOf(model: TraceModel): MenuItem[] {
  const id = model.facts.value?.id ?? model.id;
  const trace = traceOf(model);
  const jaeger = `${href(`/api/traces/${encodeURIComponent(id)}`)}?prettyPrint=true`;
  return [
    { name: 'Trace JSON', href: jaeger },
    { name: 'Trace JSON (unadjusted)', href: `${jaeger}&raw=true` },
    { name: 'OTLP JSON', href: href(downloadPath(trace, 'otlp')), download: true },
    { name: 'CSV of spans', href: href(downloadPath(trace, 'csv')), download: true },
    { name: 'View as PNG', run: () => void exportView(model, 'png') },
    { name: 'View as PNG, twice the size', run: () => void exportView(model, 'png', 2) },
    { name: 'View as SVG', run: () => void exportView(model, 'svg') },
    { name: 'Copy link', hint: 'Y', run: copyLink },
    {
      name: model.raw ? 'Show with clocks adjusted' : 'Show as sent, clocks not adjusted',
      run: () => showRaw(!model.raw),
    },
  ];
}

function showRaw(raw: boolean): void {
  const query = new URLSearchParams(params.peek());
  if (raw) query.set('raw', '1');
  else query.delete('raw');
  go(path.peek(), query);
}
