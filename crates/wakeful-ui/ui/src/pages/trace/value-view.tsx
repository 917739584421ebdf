import { useMemo, useState } from 'preact/hooks';
import { messageOf } from '../../data/api.ts';
import { fetchValue, type Value, valueText } from '../../data/span.ts';
import { traceOf } from '../../data/trace.ts';
import { formatBytes } from '../../engine/format.ts';
import { Hostile } from '../../widgets/hostile.tsx';
import { FoundText } from './found-text.tsx';
import { hexGroups, type Node, treeOf } from './json-value.ts';
import type { TraceModel } from './model.ts';

/** Longer values are folded. */
const FOLD_CHARS = 4_096;

/** Where a value stands, so that the whole of it can be asked for. */
export interface Place {
  model: TraceModel;
  row: number;
  /** As `attributes/3`; empty where the server has no name for it. */
  path: string;
}

/** A value by its type: JSON as a tree, bytes as hex, long ones folded, cut ones to be loaded. */
export function ValueView({ of, at }: { of: Value; at: Place }) {
  const [whole, setWhole] = useState<string | null>(null);
  const tree = useMemo(() => treeOf(of), [of]);
  if (of.type === 'empty') return <em>empty</em>;
  if (tree) return <Tree node={tree} open={valueText(of).length <= FOLD_CHARS} />;
  if (of.type === 'bytes') return <LongText text={whole ?? hexGroups(of.value)} of={of} at={at} onWhole={(hex) => setWhole(hexGroups(hex))} />;
  return <LongText text={whole ?? valueText(of)} of={whole === null ? of : undefined} at={at} onWhole={setWhole} />;
}

interface LongProps {
  text: string;
  /** Set if more may be on the server. */
  of: Value | undefined;
  at: Place;
  onWhole: (text: string) => void;
}

function LongText({ text, of, at, onWhole }: LongProps) {
  const [open, setOpen] = useState(false);
  const [failed, setFailed] = useState('');
  const query = at.model.query.value;
  if (text === '') return <em>empty string</em>;
  const folded = !open && text.length > FOLD_CHARS;
  const load = async () => {
    try {
      onWhole(await fetchValue(traceOf(at.model), at.row, at.path));
      setOpen(true);
    } catch (error) {
      setFailed(messageOf(error));
    }
  };
  return (
    <>
      <FoundText text={folded ? text.slice(0, FOLD_CHARS) : text} query={query} />
      {(folded || of?.cut) && '… '}
      {folded && !of?.cut && (
        <button type="button" onClick={() => setOpen(true)}>
          Show all {formatBytes(text.length)}
        </button>
      )}
      {of?.cut && at.path && (
        <button type="button" onClick={() => void load()}>
          Load whole ({formatBytes(of.bytes ?? 0)})
        </button>
      )}
      {failed && (
        <span class="errors" role="alert">
          {' '}
          The value could not be read: {failed}
        </span>
      )}
    </>
  );
}

/** Parts exist once they were opened. */
function Tree({ node, open }: { node: Node; open: boolean }) {
  const [opened, setOpened] = useState(open);
  const name = node.name !== '' && (
    <span class="json-key">
      <Hostile text={node.name} />:{' '}
    </span>
  );
  if (!node.parts) {
    return (
      <div class="json-leaf">
        {name}
        <Hostile text={node.text} />
      </div>
    );
  }
  return (
    <details class="json" open={opened} onToggle={(event) => setOpened(event.currentTarget.open)}>
      <summary>
        {name}
        {node.text}
      </summary>
      {opened && node.parts().map((part, index) => <Tree key={index} node={part} open={false} />)}
    </details>
  );
}
