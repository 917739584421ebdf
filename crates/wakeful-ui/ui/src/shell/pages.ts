/** The pages that there are, as the menu and the palette name them; those with `tab` stand in the header too. */
export const PAGES: readonly { name: string; path: string; tab?: boolean }[] = [
  { name: 'Search', path: '/search', tab: true },
  { name: 'Tasks', path: '/tasks' },
  { name: 'Resources', path: '/resources' },
  { name: 'Runtime', path: '/runtime' },
  { name: 'Loss', path: '/loss' },
  { name: 'Settings', path: '/settings' },
  { name: 'About', path: '/about' },
];
