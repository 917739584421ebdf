import { useEffect, useState } from 'preact/hooks';
import { isAbort, messageOf } from '../../data/api.ts';
import { fetchFindings, type Finding } from '../../data/runtime/findings.ts';
import { fetchRuntimeLanes } from '../../data/runtime/lanes.ts';
import type { Program } from '../../data/runtime/programs.ts';
import { fetchSeries, type Series } from '../../data/runtime/series.ts';
import { pageCommands } from '../../shell/commands.ts';
import { useAddress } from '../../shell/use-address.ts';
import { Banner } from '../../widgets/banner.tsx';
import { visibleControls } from '../../widgets/hostile.tsx';
import { Findings } from '../program/findings.tsx';
import { ProgramPage } from '../program/frame.tsx';
import { whyUnknown } from '../program/insight-note.tsx';
import { InstantField } from '../program/instant-field.tsx';
import { goToPage } from '../program/keys.ts';
import { LanesPanel } from '../program/lanes-panel.tsx';
import { LiveSwitch } from '../program/live-switch.tsx';
import { Charts } from './charts.tsx';
import { LengthLegend } from './length-legend.tsx';
import { PollHeat } from './poll-heat.tsx';
import './runtime.css';

/** The workers of a program's runtimes: what they ran, how busy they were, and what waited. */
export function RuntimePage() {
  return <ProgramPage title="Runtime">{(program) => <Runtimes key={program.id} program={program} />}</ProgramPage>;
}

/** While it follows, the last seconds are read so often. */
const AGAIN_MS = 2_000;
const SPAN_NANOS = 30_000_000_000n;

interface Read {
  series: Series;
  findings: readonly Finding[];
}

function Runtimes({ program }: { program: Program }) {
  const [runtime, setRuntime] = useAddress('runtime', program.runtimes[0]?.id ?? '');
  const [at, setAt] = useAddress('at', '');
  const [live, setLive] = useState(true);
  const [turn, setTurn] = useState(0);
  const [read, setRead] = useState<Read | null>(null);
  const [error, setError] = useState('');
  const follows = live && at === '' && program.live;
  // What has ended is shown to its end.
  const to = /^\d+$/.test(at) ? at : program.live ? '' : program.toUnixNanos;
  const range = { from: to === '' ? '' : String(BigInt(to) - SPAN_NANOS), to };
  useEffect(() => {
    if (!follows) return;
    const timer = window.setInterval(() => !document.hidden && setTurn((turns) => turns + 1), AGAIN_MS);
    return () => window.clearInterval(timer);
  }, [follows]);
  useEffect(() => {
    const abort = new AbortController();
    // While it follows, what is wrong now; of the past, what was wrong at any time that is on screen.
    const when = range.to === '' ? { at: '' } : range;
    Promise.all([fetchSeries(program.id, runtime, range, abort.signal), fetchFindings(program.id, when, abort.signal)]).then(
      ([series, findings]) => {
        setRead({ series, findings });
        setError('');
      },
      (problem) => {
        if (!isAbort(problem)) setError(messageOf(problem));
      },
    );
    return () => abort.abort();
  }, [program.id, runtime, range.from, range.to, turn]);
  useEffect(() => {
    pageCommands.value = {
      keys: { scopes: ['program', 'live'], perform: (action) => (action === 'pause' ? setLive((on) => !on) : goToPage(action)) },
    };
  }, []);
  const chosen = program.runtimes.find(({ id }) => id === runtime) ?? program.runtimes[0];
  return (
    <>
      <div class="bar">
        <label>
          Runtime{' '}
          <select value={chosen?.id} onChange={(event) => setRuntime(event.currentTarget.value)}>
            {program.runtimes.map(({ id, name, flavor, workers }) => (
              <option key={id} value={id}>
                {visibleControls(name)} {flavor}, {workers} {workers === 1 ? 'worker' : 'workers'}
              </option>
            ))}
          </select>
        </label>
        <LiveSwitch
          live={live && at === ''}
          disabled={at !== '' || !program.live}
          why={at !== '' ? 'The past does not change' : 'The program has ended, or is not heard of'}
          onChange={setLive}
        />
        <InstantField at={at} from={program.fromUnixNanos} to={program.toUnixNanos} onChange={setAt} />
        <span class="hint">30 s before {at === '' ? 'now' : 'that'}</span>
      </div>
      {read && <Findings findings={read.findings} />}
      {error && (
        <Banner kind="error">
          The runtime's figures could not be read: {error}.{' '}
          <button type="button" onClick={() => setTurn(turn + 1)}>
            Retry
          </button>
        </Banner>
      )}
      {read && <Charts series={read.series} why={whyUnknown(program.insight)} />}
      <section class="workers" aria-label="Workers">
        <h2>Workers</h2>
        <LengthLegend />
        <LanesPanel
          label="What the workers did"
          of={`${program.id} ${runtime} ${turn}`}
          range={range}
          onLook={() => setLive(false)}
          read={(asked, signal) => fetchRuntimeLanes(program.id, runtime, asked, signal)}
        />
      </section>
      {read && <PollHeat series={read.series} />}
    </>
  );
}
