import type { ComponentChildren } from 'preact';
import { useEffect } from 'preact/hooks';
import { type Program, programName } from '../../data/runtime/programs.ts';
import { formatNear, millisOf, nanosOf } from '../../data/time.ts';
import { pageCommands, status } from '../../shell/commands.ts';
import { params, step } from '../../shell/router.ts';
import { Banner } from '../../widgets/banner.tsx';
import { Hostile, visibleControls } from '../../widgets/hostile.tsx';
import { InsightNote } from './insight-note.tsx';
import { watchProgramKeys } from './keys.ts';
import { NoProgram } from './no-program.tsx';
import { chosenOf, usePrograms } from './use-programs.ts';
import './program.css';

interface Props {
  /** The page's name, as the tab of the browser has it. */
  title: string;
  /** Where the pages of tasks and resources of one program lead when another is chosen. */
  children: (program: Program) => ComponentChildren;
}

/** What the pages about a program have in common: which program it is, how deep it lets one look, and what to do without one. */
export function ProgramPage({ title, children }: Props) {
  const { list, error, retry } = usePrograms();
  useEffect(() => {
    document.title = `${title} – wakeful`;
  }, [title]);
  useEffect(() => {
    const end = watchProgramKeys();
    return () => {
      end();
      pageCommands.value = {};
      status.value = '';
    };
  }, []);
  const asked = params.value.get('program') ?? '';
  const chosen = list ? chosenOf(list, asked) : undefined;
  return (
    <section class="program" aria-busy={!list && !error} aria-label={title}>
      <h1 class="unseen">{title}</h1>
      {error && (
        <Banner kind="error">
          The programs could not be read: {error}.{' '}
          <button type="button" onClick={retry}>
            Retry
          </button>
        </Banner>
      )}
      {list?.length === 0 && <NoProgram />}
      {chosen && asked !== '' && chosen.id !== asked && (
        <Banner kind="warn">
          Nothing is stored of program <Hostile text={asked} />: {programName(chosen)} is shown instead.
        </Banner>
      )}
      {chosen && list && (
        <>
          <div class="bar">
            <label>
              Program{' '}
              <select value={chosen.id} onChange={(event) => choose(event.currentTarget.value)}>
                {list.map((program) => (
                  <option key={program.id} value={program.id}>
                    {visibleControls(programName(program))}
                    {program.live ? '' : ` (until ${formatNear(millisOf(nanosOf(program.toUnixNanos)), Date.now())})`}
                  </option>
                ))}
              </select>
            </label>
            <InsightNote insight={chosen.insight} />
          </div>
          {children(chosen)}
        </>
      )}
    </section>
  );
}

/** Another program has other tasks and another time: what the address says of them goes. */
function choose(program: string): void {
  step((query) => {
    for (const name of ['at', 'from', 'to', 'sel']) query.delete(name);
    query.set('program', program);
  });
}
