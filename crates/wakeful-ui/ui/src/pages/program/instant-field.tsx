import { fieldOf, instantOf, millisOf, nanosOf, zoneName } from '../../data/time.ts';
import { Icon } from '../../widgets/icon.tsx';

interface Props {
  /** Unix ns; '' is now. */
  at: string;
  /** What is stored, in Unix ns. */
  from: string;
  to: string;
  onChange: (at: string) => void;
}

const STEP_NANOS = 10_000_000_000n;

/** Which instant is shown: now, or one of the stored past, walked in steps. */
export function InstantField({ at, from, to, onChange }: Props) {
  const [first, last] = [nanosOf(from), nanosOf(to)];
  const shown = at === '' ? last : nanosOf(at);
  const go = (to: bigint) => onChange(String(to < first ? first : to > last ? last : to));
  const date = new Date(millisOf(shown));
  return (
    <div class="instant" role="group" aria-label="The instant that is shown">
      <button type="button" class="icon" aria-label="10 s earlier" title="10 s earlier" disabled={shown <= first} onClick={() => go(shown - STEP_NANOS)}>
        <Icon name="back" />
      </button>
      {at === '' ? (
        <button type="button" class="now" title="Look at an instant of the past" onClick={() => go(last)}>
          at now
        </button>
      ) : (
        <>
          <input
            type="datetime-local"
            step={1}
            aria-label={`At, in ${zoneName(date)}`}
            value={fieldOf(date)}
            onChange={(event) => {
              const millis = instantOf(event.currentTarget.value);
              if (!Number.isNaN(millis)) go(BigInt(millis) * 1_000_000n);
            }}
          />
          <button type="button" class="icon" aria-label="10 s later" title="10 s later" disabled={shown >= last} onClick={() => go(shown + STEP_NANOS)}>
            <Icon name="right" />
          </button>
          <button type="button" onClick={() => onChange('')}>
            Now
          </button>
        </>
      )}
    </div>
  );
}
