import type { ServedSpan } from '../../data/runtime/task.ts';
import { href } from '../../shell/router.ts';
import { Hostile } from '../../widgets/hostile.tsx';

/** A span, with the way to it in its trace. */
export function SpanLink({ span: { traceId, spanId, service, operation } }: { span: ServedSpan }) {
  return (
    <a href={href(`/trace/${traceId}`, new URLSearchParams({ uiFind: spanId, sel: spanId }))}>
      <Hostile text={service} />: <Hostile text={operation} />
    </a>
  );
}
