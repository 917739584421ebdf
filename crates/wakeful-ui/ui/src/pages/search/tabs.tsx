import type { ComponentChildren } from 'preact';

interface Props<Value extends string> {
  label: string;
  tabs: readonly (readonly [Value, string])[];
  chosen: Value;
  onChoose: (value: Value) => void;
  /** The chosen panel. */
  children: ComponentChildren;
}

/** Tabs above one panel; arrow keys choose (ARIA's tabs). */
export function Tabs<Value extends string>({ label, tabs, chosen, onChoose, children }: Props<Value>) {
  const onKeyDown = (event: KeyboardEvent) => {
    const at = tabs.findIndex(([value]) => value === chosen);
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (by === undefined) return;
    const [next] = tabs[(at + by + tabs.length) % tabs.length];
    onChoose(next);
    document.getElementById(`tab-${next}`)?.focus();
    event.preventDefault();
  };
  return (
    <>
      <div class="tabs" role="tablist" aria-label={label} onKeyDown={onKeyDown}>
        {tabs.map(([value, name]) => (
          <button
            key={value}
            id={`tab-${value}`}
            type="button"
            role="tab"
            aria-selected={value === chosen}
            aria-controls="tab-panel"
            tabIndex={value === chosen ? 0 : -1}
            onClick={() => onChoose(value)}
          >
            {name}
          </button>
        ))}
      </div>
      <div id="tab-panel" class="panel" role="tabpanel" aria-labelledby={`tab-${chosen}`}>
        {children}
      </div>
    </>
  );
}
