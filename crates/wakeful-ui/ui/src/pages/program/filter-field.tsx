import type { RefObject } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { ApiError } from '../../data/api.ts';

interface Props {
  value: string;
  onChange: (value: string) => void;
  /** What the field takes, for who hovers or has it wrong. */
  hint: string;
  placeholder: string;
  /** What the server said of it, if it could not read it. */
  error: ApiError | null;
  field: RefObject<HTMLInputElement | null>;
}

/** Typing asks the server: not at every letter. */
const REST_MS = 250;

/** The words and conditions that rows must meet. */
export function FilterField({ value, onChange, hint, placeholder, error, field }: Props) {
  const [typed, setTyped] = useState(value);
  useEffect(() => setTyped(value), [value]);
  useEffect(() => {
    if (typed === value) return;
    const timer = window.setTimeout(() => onChange(typed), REST_MS);
    return () => window.clearTimeout(timer);
  }, [typed]);
  const wrong = error !== null && error.parameter === 'filter';
  return (
    <div class="filter">
      <label>
        Filter{' '}
        <input
          ref={field}
          type="search"
          value={typed}
          placeholder={placeholder}
          title={hint}
          aria-invalid={wrong}
          aria-describedby={wrong ? 'filter-problem' : undefined}
          spellcheck={false}
          autocomplete="off"
          onInput={(event) => setTyped(event.currentTarget.value)}
          onKeyDown={(event) => event.key === 'Enter' && onChange(typed)}
        />
      </label>
      {wrong && (
        <p class="problem" id="filter-problem">
          {error.message}
          {error.column > 0 && ` (column ${error.column})`}
        </p>
      )}
    </div>
  );
}
