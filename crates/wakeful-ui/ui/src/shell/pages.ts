/** The pages that there are, as the menu and the palette name them; those with `tab` stand in the header too, group by group. */
export const PAGES: readonly { name: string; path: string; tab?: 'traces' | 'programs' }[] = [
  { name: 'Search', path: '/search', tab: 'traces' },
  { name: 'Tasks', path: '/tasks', tab: 'programs' },
  { name: 'Resources', path: '/resources', tab: 'programs' },
  { name: 'Runtime', path: '/runtime', tab: 'programs' },
  { name: 'Loss', path: '/loss' },
  { name: 'Settings', path: '/settings' },
  { name: 'About', path: '/about' },
];
