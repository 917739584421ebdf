import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import {
  ALL_OPERATIONS,
  ALL_SERVICES,
  checkForm,
  type Form,
  type FormErrors,
  formFrom,
  LIMIT_MAX,
  LOOKBACKS,
  paramsOf,
} from '../../data/query.ts';
import { zoneName } from '../../data/time.ts';
import { go, params } from '../../shell/router.ts';
import { Combobox, type Option } from '../../widgets/combobox.tsx';
import { loadOperations, operations, services } from './catalog.ts';
import { remember } from './memory.ts';

interface Props {
  form: Form;
  onChange: (form: Form) => void;
  /** Find Traces was pressed, and the address is the same as before. */
  onSame: () => void;
  searched: boolean;
}

const ALL_SERVICES_OPTION: Option = { value: ALL_SERVICES, label: 'All services' };
const ALL_OPERATIONS_OPTION: Option = { value: ALL_OPERATIONS, label: 'All operations' };

export function SearchForm({ form, onChange, onSame, searched }: Props) {
  const [errors, setErrors] = useState<FormErrors>({});
  const [unfolded, setUnfolded] = useState(!searched);
  const chosen = form.service !== '';
  const set = (change: Partial<Form>) => {
    onChange({ ...form, ...change });
    setErrors({});
  };

  useEffect(() => {
    if (chosen) void loadOperations(form.service);
    else operations.value = null;
  }, [form.service]);

  const submit = (event: Event) => {
    event.preventDefault();
    if (!chosen) return;
    const found = checkForm(form);
    setErrors(found);
    const [wrong] = Object.keys(found);
    if (wrong) {
      document.getElementById(wrong)?.focus();
      return;
    }
    remember(form);
    setUnfolded(false);
    const next = paramsOf(form, Date.now(), params.peek());
    if (next.toString() === params.peek().toString()) onSame();
    else go('/search', next);
  };
  const reset = () => {
    setErrors({});
    onChange(formFrom(new URLSearchParams()));
    go('/search');
  };

  return (
    <search class={unfolded ? 'form unfolded' : 'form'}>
      <h1>Search</h1>
      <button type="button" class="fold" aria-expanded={unfolded} onClick={() => setUnfolded(!unfolded)}>
        {summary(form)}
      </button>
      <form onSubmit={submit} aria-label="Search for traces">
        <Combobox
          id="service"
          testId="service"
          label="Service"
          options={serviceOptions()}
          chosen={form.service === null ? ALL_SERVICES_OPTION.label : form.service}
          placeholder="Choose a service"
          empty={services.value ? 'no service has sent spans yet' : 'asking the server'}
          onChoose={(value) => set({ service: value === ALL_SERVICES ? null : value, operation: null })}
        />
        <Combobox
          id="operation"
          testId="operation"
          label="Operation"
          options={operationOptions()}
          chosen={form.operation ?? ALL_OPERATIONS_OPTION.label}
          placeholder="All operations"
          disabled={!chosen}
          empty="asking the server"
          free
          onChoose={(value) => set({ operation: value === ALL_OPERATIONS ? null : value })}
        />
        <Field id="tags" label="Attributes (tags)" error={errors.tags} hint="key=value pairs, all on one span">
          <input
            id="tags"
            value={form.tags}
            placeholder="http.status_code=200 error=true"
            spellcheck={false}
            autocomplete="off"
            aria-invalid={errors.tags !== undefined}
            aria-describedby="tags-note"
            onInput={(event) => set({ tags: event.currentTarget.value })}
          />
        </Field>
        <Field id="lookback" label="Lookback">
          <select
            id="lookback"
            data-testid="lookback"
            value={form.lookback}
            onChange={(event) => set(rangeFor(form, event.currentTarget.value))}
          >
            {LOOKBACKS.map(([value, label]) => (
              <option key={value} value={value}>
                {label}
              </option>
            ))}
          </select>
        </Field>
        {form.lookback === 'custom' && <CustomRange form={form} errors={errors} set={set} />}
        <div class="pair">
          <TextField id="minDuration" label="Min Duration" placeholder="e.g. 1.2s" form={form} errors={errors} set={set} />
          <TextField id="maxDuration" label="Max Duration" placeholder="e.g. 100ms" form={form} errors={errors} set={set} />
        </div>
        <Field id="limit" label="Limit Results" error={errors.limit}>
          <input
            id="limit"
            inputMode="numeric"
            value={form.limit}
            aria-invalid={errors.limit !== undefined}
            aria-describedby="limit-note"
            title={`1 to ${LIMIT_MAX.toLocaleString('en')}`}
            onInput={(event) => set({ limit: event.currentTarget.value })}
          />
        </Field>
        <div class="buttons">
          <button type="button" onClick={reset}>
            Reset
          </button>
          <button type="submit" class="main" disabled={!chosen} aria-describedby={chosen ? undefined : 'find-why'}>
            Find Traces
          </button>
        </div>
        {!chosen && (
          <p class="hint" id="find-why">
            Choose a service first; All services is one of them.
          </p>
        )}
      </form>
    </search>
  );
}

function CustomRange({ form, errors, set }: { form: Form; errors: FormErrors; set: (change: Partial<Form>) => void }) {
  const zone = zoneName(new Date());
  return (
    <div class="range">
      {(['from', 'to'] as const).map((side) => (
        <Field key={side} id={side} label={side === 'from' ? `Start Time (${zone})` : `End Time (${zone})`} error={errors[side]}>
          <input
            id={side}
            type="datetime-local"
            value={form[side]}
            aria-invalid={errors[side] !== undefined}
            aria-describedby={`${side}-note`}
            onInput={(event) => set({ [side]: event.currentTarget.value })}
          />
        </Field>
      ))}
    </div>
  );
}

interface TextFieldProps {
  id: 'minDuration' | 'maxDuration';
  label: string;
  placeholder: string;
  form: Form;
  errors: FormErrors;
  set: (change: Partial<Form>) => void;
}

function TextField({ id, label, placeholder, form, errors, set }: TextFieldProps) {
  return (
    <Field id={id} label={label} error={errors[id]}>
      <input
        id={id}
        value={form[id]}
        placeholder={placeholder}
        spellcheck={false}
        autocomplete="off"
        aria-invalid={errors[id] !== undefined}
        aria-describedby={`${id}-note`}
        onInput={(event) => set({ [id]: event.currentTarget.value })}
      />
    </Field>
  );
}

interface FieldProps {
  id: string;
  label: string;
  error?: string;
  hint?: string;
  children: ComponentChildren;
}

function Field({ id, label, error, hint, children }: FieldProps) {
  return (
    <div class="labelled">
      <label for={id}>{label}</label>
      {children}
      {(error ?? hint) && (
        <p id={`${id}-note`} class={error ? 'problem' : 'hint'} role={error ? 'alert' : undefined}>
          {error ?? hint}
        </p>
      )}
    </div>
  );
}

function serviceOptions(): Option[] {
  return [ALL_SERVICES_OPTION, ...(services.value ?? []).map((name) => ({ value: name, label: name }))];
}

/** One option a name: kinds are shown by the trace, not asked for. */
function operationOptions(): Option[] {
  const names = new Set((operations.value ?? []).map(({ name }) => name));
  return [ALL_OPERATIONS_OPTION, ...[...names].map((name) => ({ value: name, label: name }))];
}

/** A custom range begins as the window that was chosen before. */
function rangeFor(form: Form, lookback: string): Partial<Form> {
  if (lookback !== 'custom' || (form.from && form.to)) return { lookback };
  const { from, to } = formFrom(paramsOf(form.lookback === 'custom' ? { ...form, lookback: '1h' } : form, Date.now()));
  return { lookback, from, to };
}

function summary(form: Form): string {
  const service = form.service === null ? 'All services' : form.service || 'Choose a service';
  const lookback = LOOKBACKS.find(([value]) => value === form.lookback)?.[1] ?? '';
  return [service, form.operation, form.tags, lookback].filter(Boolean).join(' · ');
}
