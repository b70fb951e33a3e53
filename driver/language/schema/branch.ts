import type { z } from 'zod';

type Issue = z.core.$ZodIssue;
type UnionIssue = Extract<Issue, { code: 'invalid_union' }>;

/**
 * A union's issue tells what is wrong with each of its alternatives. For people only the
 * one that was meant counts: the alternative for a value of that type. Unions of plain
 * words and numbers carry their own phrase instead and are left as they are.
 */
export function pickBranch(issue: Issue): Issue[] {
  if (issue.code !== 'invalid_union' || issue.message !== 'Invalid input') return [issue];
  const meant = meantBranch(issue);
  if (meant === undefined) {
    return [{ ...issue, message: alternatives(issue) }];
  }
  return meant.flatMap((inner) => pickBranch({ ...inner, path: [...issue.path, ...inner.path] }));
}

/** The only alternative whose own type the value has. */
function meantBranch(issue: UnionIssue): Issue[] | undefined {
  const fitting = issue.errors.filter(
    (branch) => !branch.some((inner) => inner.path.length === 0 && isTypeIssue(inner)),
  );
  return fitting.length === 1 ? fitting[0] : undefined;
}

const isTypeIssue = (issue: Issue): boolean =>
  issue.code === 'invalid_type' || issue.code === 'invalid_value';

/** What the alternatives expect, e.g. `a command, or a mapping`. */
function alternatives(issue: UnionIssue): string {
  const phrases = issue.errors.map((branch) => {
    const [first] = branch;
    if (first === undefined) return '';
    if (first.code === 'invalid_type' && first.expected === 'object') return 'a mapping';
    if (first.code === 'invalid_type' && first.expected === 'array') return 'a list';
    return first.message;
  });
  const named = phrases.some((phrase) => /a mapping ./.test(phrase));
  const different = [...new Set(phrases)].filter((phrase) => !named || phrase !== 'a mapping');
  return different.join(', or ');
}
