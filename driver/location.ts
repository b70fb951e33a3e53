/** A place in a text file; line and column count from 1. */
export interface SourceLocation {
  file: string;
  line: number;
  column: number;
}
