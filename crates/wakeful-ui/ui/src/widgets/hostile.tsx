/** Text from outside: isolated from the page's direction, with control characters shown as what they are. */
export function Hostile({ text }: { text: string }) {
  return <bdi>{visibleControls(text)}</bdi>;
}

/** Control and bidi characters as `\u{…}`; tab and line feed stay. */
export function visibleControls(text: string): string {
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/g, (char) =>
    `\\u{${char.charCodeAt(0).toString(16)}}`,
  );
}
