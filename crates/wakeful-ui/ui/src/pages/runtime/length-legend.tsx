/** What the height of a poll in a worker's lane says. */
const LENGTHS = ['< 100 µs', '< 1 ms', '< 10 ms', '≥ 10 ms, rimmed'] as const;

export function LengthLegend() {
  return (
    <ul class="lengths" aria-label="Height of a poll by its length">
      {LENGTHS.map((length, at) => (
        <li key={length} class={`length-${at}`}>
          {length}
        </li>
      ))}
    </ul>
  );
}
