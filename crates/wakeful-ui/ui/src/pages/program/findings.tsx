import type { Finding } from '../../data/runtime/findings.ts';
import { formatCount } from '../../engine/format.ts';
import { href } from '../../shell/router.ts';
import { Hostile } from '../../widgets/hostile.tsx';
import { Icon } from '../../widgets/icon.tsx';
import { sharedQuery } from './keys.ts';

/** A deadlock is told in full; of others it is said what they are and how many, and one opens them. */
export function Findings({ findings }: { findings: readonly Finding[] }) {
  const deadlocks = findings.filter(({ name }) => name === 'deadlock');
  const others = new Map<string, Finding[]>();
  for (const finding of findings) {
    if (finding.name !== 'deadlock') others.set(finding.name, [...(others.get(finding.name) ?? []), finding]);
  }
  if (findings.length === 0) return null;
  return (
    <div class="findings">
      {deadlocks.map((finding) => (
        <div key={finding.message} class="banner error" role="alert">
          <Icon name="warn" /> <strong>Deadlock</strong> <Hostile text={finding.message} />{' '}
          {finding.tasks.map((id) => (
            <a key={id} href={href(`/tasks/${id}`, sharedQuery())}>
              task {id}
            </a>
          ))}
          {finding.remedy && (
            <p class="hint">
              <Hostile text={finding.remedy} />
            </p>
          )}
        </div>
      ))}
      {others.size > 0 && (
        <ul class="chips" aria-label="What is wrong">
          {[...others].map(([name, of]) => (
            <li key={name}>
              <a
                class="chip warned"
                href={href('/tasks', sharedQuery({ filter: `warn:${name}` }))}
                title={of.map(({ message, remedy }) => `${message} · ${remedy}`).join('\n')}
              >
                <Icon name="warn" /> {formatCount(of.length)} {name}
              </a>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
