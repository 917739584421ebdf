import { Icon } from '../../../widgets/icon.tsx';

interface Props {
  title: string;
  /** What hovering says. */
  hint?: string;
  /** Undefined if the table is sorted by another column. */
  descending: boolean | undefined;
  onSort: () => void;
}

/** The head of a column that can be sorted by. */
export function SortHead({ title, hint, descending, onSort }: Props) {
  const sorted = descending === undefined ? undefined : descending ? 'descending' : 'ascending';
  return (
    <th scope="col" aria-sort={sorted}>
      <button type="button" title={hint} onClick={onSort}>
        {title}
        {descending !== undefined && <Icon name={descending ? 'descending' : 'ascending'} />}
      </button>
    </th>
  );
}
