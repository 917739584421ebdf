import { useState } from 'preact/hooks';
import { traceIdIn } from '../data/lookup.ts';
import { type Choice, choice, choose } from '../theme/theme.ts';
import { Icon } from '../widgets/icon.tsx';
import { helpOpen } from './help.tsx';
import { go, href, path } from './router.ts';

const THEMES: Record<Choice, Choice> = { system: 'light', light: 'dark', dark: 'system' };

/** Logo, pages, lookup, theme, help: what exists, and nothing else. */
export function Header() {
  const next = THEMES[choice.value];
  const theme = `Theme: ${choice.value}. Change to ${next}`;
  return (
    <header class="shell">
      <a class="logo" href={href('/search')}>
        <Icon name="logo" /> wakeful
      </a>
      <nav aria-label="Pages">
        <a href={href('/search')} aria-current={path.value === '/search' ? 'page' : undefined}>
          Search
        </a>
      </nav>
      <Lookup />
      <button type="button" class="icon" aria-label={theme} title={theme} onClick={() => choose(next)}>
        <Icon name={choice.value} />
      </button>
      <button type="button" class="icon" aria-label="Keys (?)" title="Keys (?)" onClick={openHelp}>
        <Icon name="help" />
      </button>
    </header>
  );
}

function openHelp(): void {
  helpOpen.value = true;
}

function Lookup() {
  const [problem, setProblem] = useState('');
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const field = (event.currentTarget as HTMLFormElement).elements.namedItem('id') as HTMLInputElement;
    const id = traceIdIn(field.value);
    if (id) {
      setProblem('');
      field.value = '';
      go(`/trace/${id}`);
    } else if (field.value.trim() !== '') {
      setProblem('This is no trace id: up to 32 hex digits, base64, a traceparent or the address of a trace.');
    }
  };
  return (
    <form class="lookup" role="search" aria-label="Trace" onSubmit={submit}>
      <Icon name="find" />
      <input
        name="id"
        data-testid="idInput"
        aria-label="Lookup by Trace ID"
        placeholder="Lookup by Trace ID…"
        autocomplete="off"
        spellcheck={false}
        aria-invalid={problem !== ''}
        aria-describedby={problem ? 'lookup-problem' : undefined}
        onInput={() => setProblem('')}
      />
      {problem && (
        <p class="problem" id="lookup-problem" role="alert">
          {problem}
        </p>
      )}
    </form>
  );
}
