import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { Program } from '../../data/runtime/programs.ts';
import { pageCommands } from '../../shell/commands.ts';
import { go, href } from '../../shell/router.ts';
import { useAddress } from '../../shell/use-address.ts';
import { Banner } from '../../widgets/banner.tsx';
import { Icon } from '../../widgets/icon.tsx';
import { InstantField } from './instant-field.tsx';
import { goToPage, sharedQuery } from './keys.ts';
import { useAnswer } from './use-answer.ts';

interface Props<T> {
  program: Program;
  id: string;
  /** What it is: "task". */
  what: string;
  /** Where all of them are listed. */
  list: { path: string; title: string };
  /** Whether Space stops the asking. */
  pauses?: boolean;
  read: (program: string, id: string, at: string, signal: AbortSignal) => Promise<T>;
  children: (one: T, at: string) => ComponentChildren;
}

/** A page about one thing of a program, now or at an instant of the past: the way back to the list, the instant, and what is known. */
export function OnePage<T>({ program, id, what, list, pauses = false, read, children }: Props<T>) {
  const [at, setAt] = useAddress('at', '');
  const [live, setLive] = useState(true);
  const follows = live && at === '' && program.live;
  const [one, error] = useAnswer((signal) => read(program.id, id, at, signal), follows, [program.id, id, at]);
  const back = () => sharedQuery({ sel: id });
  useEffect(() => {
    const perform = (action: string) => (action === 'pause' ? setLive((on) => !on) : goToPage(action));
    pageCommands.value = {
      close: () => (go(list.path, back()), true),
      keys: { scopes: pauses ? ['program', 'live'] : ['program'], perform },
    };
  }, [id]);
  return (
    <>
      <div class="bar">
        <a class="button" href={href(list.path, back())}>
          <Icon name="back" /> {list.title}
        </a>
        <InstantField at={at} from={program.fromUnixNanos} to={program.toUnixNanos} onChange={setAt} />
      </div>
      {error && (
        <Banner kind="error">
          {error.status === 404 ? `This ${what} is not stored` : `The ${what} could not be read`}: {error.message}.
        </Banner>
      )}
      {one && children(one, at)}
    </>
  );
}
