import { scenarioError, type TapbootError } from '../errors.js';
import { TAG_OPERATORS } from '../language/schema/leaves.js';

/** A condition on the tags of a scenario. */
export interface TagExpression {
  /** The tags that it names, in its order. */
  tags: string[];
  /** Whether a scenario with these tags fits. */
  fits(tags: readonly string[]): boolean;
}

type Condition = (tags: readonly string[]) => boolean;

/** A word or a parenthesis; `column` from 1. */
interface Token {
  text: string;
  column: number;
}

const isOperator = (text: string): boolean => TAG_OPERATORS.some((word) => word === text);

/**
 * Reads a tag, or tags joined by `and`, `or`, `not` and parentheses. As everywhere, `not` binds
 * tighter than `and`, and that tighter than `or`.
 * @param option how the user calls it, for messages: `--tag`
 * @throws TapbootError `scenario` TAPBOOT_E_TAG_EXPRESSION, with the column
 */
export function parseTagExpression(text: string, option: string): TagExpression {
  const tokens = [...text.matchAll(/[()]|[^\s()]+/g)].map((match): Token => ({
    text: match[0],
    column: match.index + 1,
  }));
  const reader = new ExpressionReader(tokens, (expected, token) =>
    wrong(option, text, expected, token),
  );
  const fits = reader.whole();
  return { tags: reader.tags, fits };
}

class ExpressionReader {
  readonly tags: string[] = [];
  readonly #tokens: readonly Token[];
  readonly #wrong: (expected: string, token: Token | undefined) => TapbootError;
  #next = 0;

  constructor(
    tokens: readonly Token[],
    wrongAt: (expected: string, token: Token | undefined) => TapbootError,
  ) {
    this.#tokens = tokens;
    this.#wrong = wrongAt;
  }

  whole(): Condition {
    const condition = this.#either();
    const left = this.#tokens[this.#next];
    if (left !== undefined) throw this.#wrong('and, or, or the end', left);
    return condition;
  }

  #take(text: string): boolean {
    if (this.#tokens[this.#next]?.text !== text) return false;
    this.#next++;
    return true;
  }

  #either(): Condition {
    const conditions = [this.#both()];
    while (this.#take('or')) conditions.push(this.#both());
    return (tags) => conditions.some((fits) => fits(tags));
  }

  #both(): Condition {
    const conditions = [this.#one()];
    while (this.#take('and')) conditions.push(this.#one());
    return (tags) => conditions.every((fits) => fits(tags));
  }

  #one(): Condition {
    let negated = false;
    while (this.#take('not')) negated = !negated;
    const condition = this.#take('(') ? this.#enclosed() : this.#tag();
    return negated ? (tags) => !condition(tags) : condition;
  }

  #enclosed(): Condition {
    const condition = this.#either();
    if (!this.#take(')')) throw this.#wrong('and, or, or )', this.#tokens[this.#next]);
    return condition;
  }

  #tag(): Condition {
    const token = this.#tokens[this.#next];
    if (token === undefined || token.text === ')' || isOperator(token.text)) {
      throw this.#wrong('a tag, not, or (', token);
    }
    this.#next++;
    this.tags.push(token.text);
    return (tags) => tags.includes(token.text);
  }
}

function wrong(option: string, text: string, expected: string, token: Token | undefined) {
  const place = token === undefined ? 'at its end' : `in column ${String(token.column)}`;
  return scenarioError('TAPBOOT_E_TAG_EXPRESSION', `${option} '${text}' cannot be read ${place}`, {
    expected,
    got: token === undefined ? 'the end' : token.text,
    hint: "Write a tag, or an expression in quotes: 'residue and not (slow or network)'.",
  });
}
