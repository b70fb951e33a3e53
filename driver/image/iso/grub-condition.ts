import type { ConfigFiles } from './boot-entry.js';
import { isoPath } from './iso-path.js';

/**
 * GRUB's `test` (GRUB manual, “test”): strings, integers, files on the ISO, `!`, `-a`, `-o`,
 * parentheses. What it does not know is false.
 */
export function testGrub(args: readonly string[], files: ConfigFiles): boolean {
  const words = [...args];
  const result = or();
  return result && words.length === 0;

  function or(): boolean {
    let value = and();
    while (words[0] === '-o') {
      words.shift();
      const right = and();
      value = value || right;
    }
    return value;
  }

  function and(): boolean {
    let value = not();
    while (words[0] === '-a') {
      words.shift();
      const right = not();
      value = value && right;
    }
    return value;
  }

  function not(): boolean {
    if (words[0] === '!' && words.length > 1) {
      words.shift();
      return !not();
    }
    if (words[0] === '(') {
      words.shift();
      const value = or();
      return words.shift() === ')' && value;
    }
    return primary();
  }

  function primary(): boolean {
    const left = words.shift();
    if (left === undefined) return false;
    const compare = BINARY[words[0] ?? ''];
    const right = words[1];
    if (compare !== undefined && right !== undefined) {
      words.splice(0, 2);
      return compare(left, right);
    }
    const unary = /^-[nzefds]$/.test(left) ? words[0] : undefined;
    if (unary === undefined) return left !== '';
    words.shift();
    if (left === '-n') return unary !== '';
    if (left === '-z') return unary === '';
    return files.exists(isoPath(unary));
  }
}

const BINARY: Readonly<Record<string, ((left: string, right: string) => boolean) | undefined>> = {
  '=': (left, right) => left === right,
  '==': (left, right) => left === right,
  '!=': (left, right) => left !== right,
  '<': (left, right) => left < right,
  '>': (left, right) => left > right,
  '-eq': (left, right) => Number(left) === Number(right),
  '-ne': (left, right) => Number(left) !== Number(right),
  '-lt': (left, right) => Number(left) < Number(right),
  '-le': (left, right) => Number(left) <= Number(right),
  '-gt': (left, right) => Number(left) > Number(right),
  '-ge': (left, right) => Number(left) >= Number(right),
};
