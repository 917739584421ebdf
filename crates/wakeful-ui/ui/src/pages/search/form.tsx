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
import { writeTraceql } from '../../data/traceql.ts';
import { formatCount } from '../../engine/format.ts';
import { go, params } from '../../shell/router.ts';
import { Combobox, type Option } from '../../widgets/combobox.tsx';
import { CompletedField } from '../../widgets/completion.tsx';
import { loadOperations, operations, services } from './catalog.ts';
import { suggestTags } from './completions.ts';
import { CustomRange, Field, type Filling, TextField } from './field.tsx';
import { remember } from './memory.ts';
import { QueryLine } from './query-line.tsx';

interface Props {
  form: Form;
  onChange: (form: Form) => void;
  /** Find Traces was pressed, and the address is the same as before. */
  onSame: () => void;
  /** Find Traces was pressed, and a search begins. */
  onFind: () => void;
  /** What the server says about the query: its words, and the column from 1. */
  refused: { message: string; column: number } | null;
}

const ALL_SERVICES_OPTION: Option = { value: ALL_SERVICES, label: 'All services' };
const ALL_OPERATIONS_OPTION: Option = { value: ALL_OPERATIONS, label: 'All operations' };

/** The search as fields, and the same as TraceQL below them. */
export function SearchForm({ form, onChange, onSame, onFind, refused }: Props) {
  const [errors, setErrors] = useState<FormErrors>({});
  const idle = form.q !== null;
  const ready = idle || form.service !== '';
  const set = (change: Partial<Form>) => {
    onChange({ ...form, ...change });
    setErrors({});
  };
  const filling: Filling = { form, errors, set, idle };

  useEffect(() => {
    if (form.service !== '') void loadOperations(form.service);
    else operations.value = null;
  }, [form.service]);

  const submit = (event: Event) => {
    event.preventDefault();
    if (!ready) return;
    const found = checkForm(form);
    setErrors(found);
    const [wrong] = Object.keys(found);
    if (wrong) {
      document.getElementById(wrong)?.focus();
      return;
    }
    if (!idle) remember(form);
    onFind();
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
    <form onSubmit={submit} aria-label="Search for traces">
      <fieldset disabled={idle} aria-label="Conditions">
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
          disabled={form.service === '' || idle}
          empty="asking the server"
          free
          onChoose={(value) => set({ operation: value === ALL_OPERATIONS ? null : value })}
        />
        <Field id="tags" label="Attributes (tags)" error={errors.tags} hint="key=value or JSON, all on one span">
          <CompletedField
            id="tags"
            value={form.tags}
            suggest={(text, caret, signal) => suggestTags(text, caret, form.service || null, signal)}
            onInput={(tags) => set({ tags })}
            field={{
              placeholder: 'http.status_code=200 error',
              'aria-invalid': errors.tags !== undefined,
              'aria-describedby': 'tags-note',
            }}
          />
        </Field>
      </fieldset>
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
      {form.lookback === 'custom' && <CustomRange {...filling} />}
      <div class="pair">
        <TextField {...filling} id="minDuration" label="Min Duration" placeholder="e.g. 1.2s" />
        <TextField {...filling} id="maxDuration" label="Max Duration" placeholder="e.g. 100ms" />
      </div>
      <TextField {...filling} idle={false} id="limit" label="Limit Results" hint={`1 to ${formatCount(LIMIT_MAX)}`} />
      <div class="buttons">
        <button type="button" onClick={reset}>
          Reset
        </button>
        <button type="submit" class="main" disabled={!ready} aria-describedby={ready ? undefined : 'find-why'}>
          Find Traces
        </button>
      </div>
      {!ready && (
        <p class="hint" id="find-why">
          Choose a service first; All services is one of them.
        </p>
      )}
      <QueryLine
        text={form.q ?? writeTraceql(form)}
        edited={idle}
        error={errors.q}
        refused={refused}
        onEdit={(q) => set({ q })}
      />
    </form>
  );
}

/** The form on one line, where there is no room for it. */
export function summary(form: Form): string {
  const service = form.service === null ? 'All services' : form.service || 'Choose a service';
  const lookback = LOOKBACKS.find(([value]) => value === form.lookback)?.[1] ?? '';
  const parts = form.q === null ? [service, form.operation, form.tags] : [form.q];
  return [...parts, lookback].filter(Boolean).join(' · ');
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
  const { from, to } = formFrom(paramsOf({ ...form, lookback: form.lookback === 'custom' ? '1h' : form.lookback }, Date.now()));
  return { lookback, from, to };
}
