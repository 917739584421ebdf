import { useLayoutEffect, useRef } from 'preact/hooks';
import { KeyCap } from './key-cap.tsx';
import { keysOf, preset, type Scope } from './keys.ts';
import { helpOpen } from './layers.ts';
import { letterKeys } from './settings.ts';

const TITLES: Record<Scope, string> = {
  global: 'Everywhere',
  list: 'Lists and tables',
  program: 'Tasks, resources, runtime',
  live: 'Live pages',
  plot: 'Plot of traces',
  views: 'Views of a trace',
  timeline: 'Timeline',
  rows: 'Rows of the timeline',
  lanes: 'Lanes, with something in them selected',
  flame: 'Flame graph',
  find: 'Find box',
};

/** The keys, from the table that makes them work. */
export function Help() {
  const dialog = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => {
    if (helpOpen.value && !dialog.current?.open) dialog.current?.showModal();
  }, [helpOpen.value]);
  const close = () => {
    helpOpen.value = false;
  };
  if (!helpOpen.value) return null;
  return (
    <dialog ref={dialog} class="help" aria-labelledby="help-title" onClose={close}>
      <form method="dialog">
        <h2 id="help-title">Keys</h2>
        <button type="submit">Close</button>
      </form>
      <div class="columns">
        {Object.entries(TITLES).map(([scope, title]) => (
          <section key={scope}>
            <h3>{title}</h3>
            <dl>
              {keysOf(preset.value).filter((row) => row.scope === scope).map((row) => (
                <div key={row.action}>
                  <dt>
                    {row.keys.map((key) => (
                      <KeyCap key={key} name={key} />
                    ))}
                  </dt>
                  <dd>{row.does}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
      <label class="check">
        <input
          type="checkbox"
          checked={letterKeys.value}
          onChange={(event) => (letterKeys.value = event.currentTarget.checked)}
        />
        Letters act as keys
      </label>
      <label class="check">
        <input
          type="checkbox"
          checked={preset.value === 'jaeger'}
          onChange={(event) => (preset.value = event.currentTarget.checked ? 'jaeger' : 'wakeful')}
        />
        The timeline's keys are Jaeger's
      </label>
    </dialog>
  );
}
