import { formatCount, formatDuration, formatExact, plural } from '../../engine/format.ts';
import type { Fold } from '../../engine/protocol.ts';
import { fit, windowEnd } from '../../engine/view.ts';
import { Hostile } from '../../widgets/hostile.tsx';
import { Icon, type IconName } from '../../widgets/icon.tsx';
import { Swatch } from '../../widgets/swatch.tsx';
import { rowsText } from './fold-text.ts';
import type { TraceModel } from './model.ts';
import { ServicesMenu } from './services-menu.tsx';

const SERVICES_SHOWN = 8;

/** Services, critical path, layout, folding, how many rows are shown, and the window of time. */
export function Toolbar({ model }: { model: TraceModel }) {
  const view = model.view.value;
  const look = model.look.value;
  const duration = model.facts.value?.durationNanos ?? 0;
  const visible = model.picture.value?.visible ?? 0;
  const end = Math.min(duration, windowEnd(view));
  const zoomed = view.t0 > 0 || windowEnd(view) < duration * 0.999999;
  return (
    <div class="toolbar" role="toolbar" aria-label="Timeline">
      <ServicesMenu model={model} />
      <label class="check" title="The parts that decided how long the trace took (c)">
        <input
          type="checkbox"
          checked={look.critical}
          onChange={(event) => model.setLook({ critical: event.currentTarget.checked })}
        />
        Critical path
      </label>
      {look.critical && <CriticalSum model={model} />}
      <span class="segmented" role="group" aria-label="Layout">
        {(['tree', 'packed'] as const).map((layout) => (
          <button
            key={layout}
            type="button"
            aria-pressed={look.layout === layout}
            title={layout === 'tree' ? 'A row for each span (v)' : 'Spans side by side in as few rows as they need (v)'}
            onClick={() => model.setLook({ layout })}
          >
            {layout === 'tree' ? 'Tree' : 'Packed'}
          </button>
        ))}
      </span>
      {look.layout === 'tree' && (
        <span class="levels">
          <FoldButton model={model} icon="foldAll" name="Fold all" keys="Shift+P" fold={{ what: 'all', open: false }} />
          <FoldButton model={model} icon="fold" name="One level less" keys="p" fold={{ what: 'level', by: -1 }} />
          <FoldButton model={model} icon="unfold" name="One level more" keys="o" fold={{ what: 'level', by: 1 }} />
          <FoldButton model={model} icon="unfoldAll" name="Unfold all" keys="Shift+O" fold={{ what: 'all', open: true }} />
        </span>
      )}
      <span class="rows-text">{rowsText(look, visible - model.opened.lines, model.rows.value)}</span>
      <Legend model={model} />
      <span class="window">
        {windowText(Math.max(0, view.t0), end)}
        <button
          type="button"
          disabled={!zoomed}
          title="Show the whole trace (0)"
          onClick={() => model.commitView(fit(model.view.peek(), duration))}
        >
          Fit
        </button>
      </span>
    </div>
  );
}

/** How long the path is, and its share of the trace. */
function CriticalSum({ model }: { model: TraceModel }) {
  const { sum, failed } = model.critical;
  if (failed.value) return <span class="warned">the critical path is not known: {failed.value}</span>;
  if (!sum.value) return null;
  const { nanos, spans } = sum.value;
  if (spans === 0) return <span>no critical path: the root's parent is missing</span>;
  const share = model.duration > 0 ? ` (${((100 * nanos) / model.duration).toFixed(1)} %)` : '';
  return (
    <span title={formatExact(nanos)}>
      {formatDuration(nanos)}
      {share} in {plural(spans, 'span')}
    </span>
  );
}

/** From and to, or from and how long where both would read the same. */
function windowText(from: number, to: number): string {
  const [start, end] = [formatDuration(from), formatDuration(to)];
  return start === end ? `${start} + ${formatDuration(to - from)}` : `${start} – ${end}`;
}

function Legend({ model }: { model: TraceModel }) {
  const { hidden } = model.look.value;
  const services = model.services.value.filter(({ name }) => !hidden.includes(name));
  return (
    <ul class="legend" aria-label="Services">
      {services.slice(0, SERVICES_SHOWN).map(({ name, slot }) => (
        <li key={name}>
          <Swatch slot={slot} /> <Hostile text={name} />
        </li>
      ))}
      {services.length > SERVICES_SHOWN && <li>and {formatCount(services.length - SERVICES_SHOWN)} more</li>}
    </ul>
  );
}

interface FoldProps {
  model: TraceModel;
  icon: IconName;
  name: string;
  keys: string;
  fold: Fold;
}

function FoldButton({ model, icon, name, keys, fold }: FoldProps) {
  return (
    <button type="button" class="icon small" aria-label={name} title={`${name} (${keys})`} onClick={() => model.fold(fold)}>
      <Icon name={icon} />
    </button>
  );
}
