import { formatCount } from '../../engine/format.ts';
import { Hostile } from '../../widgets/hostile.tsx';
import { Popover } from '../../widgets/menu.tsx';
import { Swatch } from '../../widgets/swatch.tsx';
import type { TraceModel } from './model.ts';

/** Which services are shown. The service of a single root cannot be hidden: nothing would be left to hang the rest on. */
export function ServicesMenu({ model }: { model: TraceModel }) {
  const services = [...model.services.value].sort((a, b) => (a.name < b.name ? -1 : 1));
  const { hidden } = model.look.value;
  const roots = model.tally.value?.rootServices ?? [];
  const label =
    hidden.length > 0 ? `Services ${formatCount(services.length - hidden.length)} of ${formatCount(services.length)}` : 'Services';
  const toggle = (name: string) => {
    model.hide(hidden.includes(name) ? hidden.filter((other) => other !== name) : [...hidden, name]);
  };
  const only = (name: string) => model.hide(services.map((service) => service.name).filter((other) => other !== name));
  return (
    <Popover label={label} title="Show or hide services">
      {() => (
        <div class="services-menu">
          <ul>
            {services.map(({ name, slot }) => {
              const kept = roots.length === 1 && roots[0] === name;
              return (
                <li key={name}>
                  <label title={kept ? 'the root is of this service: it stays' : undefined}>
                    <input type="checkbox" checked={!hidden.includes(name)} disabled={kept} onChange={() => toggle(name)} />
                    <Swatch slot={slot} />
                    <span class="text">
                      <Hostile text={name} />
                    </span>
                  </label>
                  <button type="button" class="link" aria-label={`Only ${name}`} onClick={() => only(name)}>
                    only
                  </button>
                </li>
              );
            })}
          </ul>
          <button type="button" disabled={hidden.length === 0} onClick={() => model.hide([])}>
            Show all
          </button>
        </div>
      )}
    </Popover>
  );
}
