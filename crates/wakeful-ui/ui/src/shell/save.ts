/** Lets the browser keep a text as a file. */
export function save(name: string, type: string, text: string): void {
  const address = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  // The download has its own hold of the bytes once it began.
  window.setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
