import { Caret } from '../../widgets/caret.tsx';
import { CompletedField } from '../../widgets/completion.tsx';
import { CopyButton } from '../../widgets/copy-button.tsx';
import { visibleControls } from '../../widgets/hostile.tsx';
import { suggestQuery } from './completions.ts';

interface Props {
  text: string;
  /** Whether the text is the query itself, and the fields above do not count. */
  edited: boolean;
  error?: string;
  refused: { message: string; column: number } | null;
  onEdit: (text: string) => void;
}

/** The search as TraceQL: always there to read and copy, and to be written by hand. */
export function QueryLine({ text, edited, error, refused, onEdit }: Props) {
  const wrong = edited && (error !== undefined || refused !== null);
  return (
    <div class="traceql" data-testid="traceql">
      <div class="head">
        {edited ? <label for="q">TraceQL</label> : <span>TraceQL</span>}
        <CopyButton text={text} what="the query" />
        {!edited && (
          <button type="button" class="small" onClick={() => onEdit(text)}>
            Edit
          </button>
        )}
      </div>
      {edited ? (
        <>
          <CompletedField
            id="q"
            value={text}
            suggest={suggestQuery}
            onInput={onEdit}
            field={{
              class: 'query',
              placeholder: '{ resource.service.name = "shop" && duration > 100ms }',
              'aria-invalid': wrong,
              'aria-describedby': 'q-note',
            }}
          />
          {wrong ? (
            <div id="q-note" class="problem" role="alert">
              {refused && refused.column > 0 && <Caret text={text} column={refused.column} />}
              {error ?? refused?.message}
            </div>
          ) : (
            <p id="q-note" class="hint">
              Conditions of one span, joined by &amp;&amp;. The fields above do not count until Reset.
            </p>
          )}
        </>
      ) : (
        <code>{visibleControls(text)}</code>
      )}
    </div>
  );
}
