/** The pages that there are, as the menu and the palette name them. */
export const PAGES: readonly { name: string; path: string }[] = [
  { name: 'Search', path: '/search' },
  { name: 'Loss', path: '/loss' },
  { name: 'Settings', path: '/settings' },
  { name: 'About', path: '/about' },
];
