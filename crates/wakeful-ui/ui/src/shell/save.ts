/** Lets the browser keep a text as a file. */
export function save(name: string, type: string, text: string): void {
  saveFile(name, new Blob([text], { type }));
}

export function saveFile(name: string, file: Blob): void {
  const address = URL.createObjectURL(file);
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  // The download has its own hold of the bytes once it began.
  window.setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
