import { formatCount, formatDuration } from '../../engine/format.ts';
import { fit, windowEnd } from '../../engine/view.ts';
import { Hostile } from '../../widgets/hostile.tsx';
import { Swatch } from '../../widgets/swatch.tsx';
import type { TraceModel } from './model.ts';

const SERVICES_SHOWN = 8;

/** Colours of the services, folding, how many rows are shown, and the window of time. */
export function Toolbar({ model }: { model: TraceModel }) {
  const services = model.services.value;
  const view = model.view.value;
  const duration = model.facts.value?.durationNanos ?? 0;
  const visible = model.picture.value?.visible ?? 0;
  const end = Math.min(duration, windowEnd(view));
  const zoomed = view.t0 > 0 || windowEnd(view) < duration * 0.999999;
  return (
    <div class="toolbar">
      <span class="levels">
        <Fold model={model} text="⊟" name="Fold all" keys="Shift+P" open={false} />
        <Fold model={model} text="⊞" name="Unfold all" keys="Shift+O" open={true} />
      </span>
      <span class="rows">
        {formatCount(visible)} of {formatCount(model.rows.value)} rows
      </span>
      <ul class="legend" aria-label="Services">
        {services.slice(0, SERVICES_SHOWN).map(({ name, slot }) => (
          <li key={name}>
            <Swatch slot={slot} /> <Hostile text={name} />
          </li>
        ))}
        {services.length > SERVICES_SHOWN && <li>and {formatCount(services.length - SERVICES_SHOWN)} more</li>}
      </ul>
      <span class="window">
        {windowText(Math.max(0, view.t0), end)}
        <button
          type="button"
          disabled={!zoomed}
          title="Show the whole trace (0)"
          onClick={() => model.setView(fit(model.view.peek(), duration))}
        >
          Fit
        </button>
      </span>
    </div>
  );
}

/** From and to, or from and how long where both would read the same. */
function windowText(from: number, to: number): string {
  const [start, end] = [formatDuration(from), formatDuration(to)];
  return start === end ? `${start} + ${formatDuration(to - from)}` : `${start} – ${end}`;
}

interface FoldProps {
  model: TraceModel;
  text: string;
  name: string;
  keys: string;
  open: boolean;
}

function Fold({ model, text, name, keys, open }: FoldProps) {
  return (
    <button
      type="button"
      class="icon"
      aria-label={name}
      title={`${name} (${keys})`}
      onClick={() => model.fold({ what: 'all', open })}
    >
      <span aria-hidden="true">{text}</span>
    </button>
  );
}
