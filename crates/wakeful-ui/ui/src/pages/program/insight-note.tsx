import type { Insight } from '../../data/runtime/programs.ts';
import { CopyButton } from '../../widgets/copy-button.tsx';
import { Hostile } from '../../widgets/hostile.tsx';
import { Popover } from '../../widgets/menu.tsx';

/** What each depth sees, in a sentence. */
const DEPTHS: Record<Insight['depth'], string> = {
  metrics: 'Only what Tokio counts is known of this program: it spawns nothing through wakeful.',
  stable: 'This program runs on stable Tokio: what it spawns and locks through wakeful is seen, and what Tokio counts for everyone.',
  hooks: "This program was built with tokio_unstable: every task's start, end and polls are seen.",
  tracing: "This program was built with Tokio's tracing feature: wakes, resources and what a task waits for are seen too.",
};

/** How deep the program lets one look, what that lacks, and the line that adds it. */
export function InsightNote({ insight }: { insight: Insight }) {
  return (
    <Popover label={`Insight: ${insight.depth}`} title="What this program's build shows, and what would show more">
      {() => (
        <div class="insight">
          <p>{DEPTHS[insight.depth]}</p>
          {insight.missing.length === 0 ? (
            <p class="hint">Nothing is missing.</p>
          ) : (
            <dl>
              {insight.missing.map(({ what, add }) => (
                <div key={what}>
                  <dt>
                    Not seen: <Hostile text={what} />
                  </dt>
                  <dd>
                    <code>
                      <Hostile text={add} />
                    </code>{' '}
                    <CopyButton text={add} what="the line" />
                  </dd>
                </div>
              ))}
            </dl>
          )}
        </div>
      )}
    </Popover>
  );
}

/** Why a cell has no number, for its title. */
export function whyUnknown({ depth, missing }: Insight): string {
  const [first] = missing;
  return first ? `not known at insight ${depth}: ${first.what}; add ${first.add}` : `not known at insight ${depth}`;
}
