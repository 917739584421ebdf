interface Props {
  title: string;
  /** What hovering says. */
  hint?: string;
  /** Undefined if the table is sorted by another column. */
  descending: boolean | undefined;
  onSort: () => void;
}

/** The head of a column of a virtual list that can be sorted by. */
export function SortButton({ title, hint, descending, onSort }: Props) {
  const sorted = descending === undefined ? undefined : descending ? 'descending' : 'ascending';
  return (
    <span role="columnheader" aria-sort={sorted}>
      <button type="button" title={hint} onClick={onSort}>
        {title}
        <span aria-hidden="true">{descending === undefined ? '' : descending ? ' ▾' : ' ▴'}</span>
      </button>
    </span>
  );
}
