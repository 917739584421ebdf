import type { FunctionComponent } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { messageOf } from '../../../data/api.ts';
import { Banner } from '../../../widgets/banner.tsx';
import { VIEWS, type ViewName } from '../address.ts';
import type { TraceModel } from '../model.ts';

type View = FunctionComponent<{ model: TraceModel }>;

/** Each comes when it is first looked at. */
const LOADERS: Record<Exclude<ViewName, 'timeline'>, () => Promise<View>> = {
  graph: async () => (await import('./graph-view.tsx')).GraphView,
  statistics: async () => (await import('./statistics-view.tsx')).StatisticsView,
  table: async () => (await import('./table-view.tsx')).TableView,
  flame: async () => (await import('./flame-view.tsx')).FlameView,
  logs: async () => (await import('./logs-view.tsx')).LogsView,
};

/** A view of the trace other than the timeline. */
export function LateView({ model, view }: { model: TraceModel; view: Exclude<ViewName, 'timeline'> }) {
  const [late, setLate] = useState<{ view: ViewName; component: View } | { view: ViewName; error: string } | null>(null);
  useEffect(() => {
    let here = true;
    LOADERS[view]().then(
      (component) => here && setLate({ view, component }),
      (error: unknown) => here && setLate({ view, error: messageOf(error) }),
    );
    return () => {
      here = false;
    };
  }, [view]);
  const title = VIEWS.find(([name]) => name === view)?.[1];
  return (
    <section class="view" aria-labelledby="view-title">
      <h2 id="view-title">{title}</h2>
      {late?.view === view && 'error' in late && (
        <Banner kind="error">
          The view could not be loaded: {late.error}.{' '}
          <button type="button" onClick={() => window.location.reload()}>
            Reload
          </button>
        </Banner>
      )}
      {late?.view === view && 'component' in late && <late.component model={model} />}
    </section>
  );
}
