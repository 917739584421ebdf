import type { Signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { zone } from '../../data/time.ts';
import { helpOpen } from '../../shell/layers.ts';
import { preset } from '../../shell/keys.ts';
import { save } from '../../shell/save.ts';
import { columns, density, exported, letterKeys, rememberColumns, resetSettings } from '../../shell/settings.ts';
import { choice, choose } from '../../theme/theme.ts';

/** What this browser keeps of its user's wishes. */
export function SettingsPage() {
  useEffect(() => {
    document.title = 'Settings – wakeful';
  }, []);
  const tables = Object.keys(columns.value);
  const exportAll = () => save('wakeful-settings.json', 'application/json', `${JSON.stringify({ theme: choice.value, ...exported() }, null, 2)}\n`);
  const reset = () => {
    resetSettings();
    choose('system');
  };
  return (
    <section class="document">
      <h1>Settings</h1>
      <p class="hint">They are kept in this browser, and act at once.</p>
      <Choices
        name="Theme"
        chosen={choice.value}
        options={[
          ['system', 'As the system'],
          ['light', 'Light'],
          ['dark', 'Dark'],
        ]}
        onChoose={choose}
      />
      <Setting name="Density" signal={density} options={[['normal', 'Normal'], ['compact', 'Compact']]} />
      <Setting name="Times" signal={zone} options={[['local', 'In the zone of this browser'], ['utc', 'In UTC']]} />
      <Setting name="Keys of the timeline" signal={preset} options={[['wakeful', 'wakeful'], ['jaeger', 'Jaeger']]} />
      <fieldset>
        <legend>Letters</legend>
        <label class="check">
          <input type="checkbox" checked={letterKeys.value} onChange={(event) => (letterKeys.value = event.currentTarget.checked)} />
          Letters act as keys outside of text fields
        </label>
        <p>
          <button type="button" onClick={() => (helpOpen.value = true)}>
            Show the keys
          </button>
        </p>
      </fieldset>
      <fieldset>
        <legend>Remembered columns</legend>
        {tables.length === 0 && <p class="hint">None: columns that are moved or chosen are remembered here.</p>}
        {tables.map((table) => (
          <p key={table}>
            {table}{' '}
            <button type="button" class="small" aria-label={`Forget the columns of ${table}`} onClick={() => rememberColumns(table, undefined)}>
              Forget
            </button>
          </p>
        ))}
      </fieldset>
      <p class="choices">
        <button type="button" onClick={exportAll}>
          Export as JSON
        </button>
        <button type="button" onClick={reset}>
          Reset all
        </button>
      </p>
    </section>
  );
}

type Options<Value extends string> = readonly (readonly [Value, string])[];

function Setting<Value extends string>({ name, signal, options }: { name: string; signal: Signal<Value>; options: Options<Value> }) {
  return <Choices name={name} chosen={signal.value} options={options} onChoose={(value) => (signal.value = value)} />;
}

interface ChoicesProps<Value extends string> {
  name: string;
  chosen: Value;
  options: Options<Value>;
  onChoose: (value: Value) => void;
}

function Choices<Value extends string>({ name, chosen, options, onChoose }: ChoicesProps<Value>) {
  return (
    <fieldset>
      <legend>{name}</legend>
      <div class="choices">
        {options.map(([value, label]) => (
          <label class="check" key={value}>
            <input type="radio" name={name} checked={value === chosen} onChange={() => onChoose(value)} />
            {label}
          </label>
        ))}
      </div>
    </fieldset>
  );
}
