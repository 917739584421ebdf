import { href } from '../../shell/router.ts';
import { CopyButton } from '../../widgets/copy-button.tsx';

const LINES = ['cargo add wakeful', '#[wakeful::main]  // in the place of #[tokio::main]', 'async fn main() { /* your program */ }'];

/** No program has reported of its runtimes yet: how to start one. */
export function NoProgram() {
  return (
    <div class="message">
      <h2>No program yet</h2>
      <p>
        Tasks, resources and runtimes come from programs that carry wakeful's recorder. In a Tokio program on this machine, three lines do
        it:
      </p>
      <pre>{LINES.join('\n')}</pre>
      <p>
        <CopyButton text={LINES.join('\n')} what="the lines" /> For another machine, set <code>OTEL_EXPORTER_OTLP_ENDPOINT</code> to this
        server's OTLP HTTP address; <a href={href('/about')}>About</a> lists it.
      </p>
    </div>
  );
}
