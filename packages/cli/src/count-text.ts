/** `1,590`, as every text for a person has it. */
export function number(n: number): string {
  return n.toLocaleString('en-US');
}

/** `1 document`, `1,590 documents`. @param what one of it, with a plural in -s */
export function count(n: number, what: string): string {
  return `${number(n)} ${what}${n === 1 ? '' : 's'}`;
}
