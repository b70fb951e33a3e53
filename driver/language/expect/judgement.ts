/** Whether one expectation held, in words. */
export interface Judgement {
  ok: boolean;
  /** What was looked at: `exit status`, `stdout contains`, … */
  what: string;
  expected: string;
  got: string;
  /** Unified diff from expected to got, where that says more than the two alone. */
  diff?: string;
}

/** Characters of a stream that a judgement quotes. */
const LONGEST_QUOTE = 2000;

/** A stream as a judgement quotes it; what is left out is said. */
export function quote(stream: string): string {
  if (stream === '') return 'nothing';
  if (stream.length <= LONGEST_QUOTE) return stream.replace(/\n$/, '');
  const half = LONGEST_QUOTE / 2;
  const left = String(stream.length - LONGEST_QUOTE);
  return `${stream.slice(0, half)}\n… ${left} characters left out …\n${stream.slice(-half).replace(/\n$/, '')}`;
}
