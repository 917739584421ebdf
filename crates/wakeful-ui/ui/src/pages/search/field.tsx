import type { ComponentChildren } from 'preact';
import type { Form, FormErrors } from '../../data/query.ts';
import { zoneName } from '../../data/time.ts';

/** What every field is handed. */
export interface Filling {
  form: Form;
  errors: FormErrors;
  set: (change: Partial<Form>) => void;
  /** Whether the query was written by hand, so that this field does not count. */
  idle: boolean;
}

interface FieldProps {
  id: string;
  label: string;
  error?: string;
  hint?: string;
  children: ComponentChildren;
}

/** A label, its control, and what is to be said about it. */
export function Field({ id, label, error, hint, children }: FieldProps) {
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

interface TextFieldProps extends Filling {
  id: 'minDuration' | 'maxDuration' | 'limit';
  label: string;
  placeholder?: string;
  hint?: string;
}

export function TextField({ id, label, placeholder, hint, form, errors, set, idle }: TextFieldProps) {
  const noted = errors[id] !== undefined || hint !== undefined;
  return (
    <Field id={id} label={label} error={errors[id]} hint={hint}>
      <input
        id={id}
        value={form[id]}
        placeholder={placeholder}
        inputMode={id === 'limit' ? 'numeric' : undefined}
        spellcheck={false}
        autocomplete="off"
        disabled={idle}
        aria-invalid={errors[id] !== undefined}
        aria-describedby={noted ? `${id}-note` : undefined}
        onInput={(event) => set({ [id]: event.currentTarget.value })}
      />
    </Field>
  );
}

/** Two dates and two times, in the page's zone. */
export function CustomRange({ form, errors, set }: Filling) {
  const zone = zoneName(new Date());
  return (
    <>
      {(['from', 'to'] as const).map((side) => {
        const [date = '', time = ''] = form[side].split('T');
        const label = side === 'from' ? 'Start' : 'End';
        const note = errors[side] === undefined ? undefined : `${side}-note`;
        return (
          <Field key={side} id={side} label={`${label} (${zone})`} error={errors[side]}>
            <div class="pair">
              <input
                id={side}
                type="date"
                value={date}
                aria-label={`${label} Date (${zone})`}
                aria-invalid={errors[side] !== undefined}
                aria-describedby={note}
                onInput={(event) => set({ [side]: `${event.currentTarget.value}T${time || '00:00:00'}` })}
              />
              <input
                type="time"
                step="1"
                value={time}
                aria-label={`${label} Time (${zone})`}
                aria-invalid={errors[side] !== undefined}
                aria-describedby={note}
                onInput={(event) => set({ [side]: `${date}T${event.currentTarget.value}` })}
              />
            </div>
          </Field>
        );
      })}
    </>
  );
}
