// The expressions of GitHub's workflows, as far as ours use them: parsed and evaluated over contexts given as data. It
// must not know files, jobs or steps.

/** What an expression may come to. */
export type Value = null | boolean | number | string | readonly Value[] | { readonly [key: string]: Value };

/** What an expression sees: contexts by name (`github`, `env` …), and how the steps before it ended. */
export interface Scope {
  readonly contexts: Readonly<Record<string, Value>>;
  readonly status: 'success' | 'failure' | 'cancelled';
}

type Token = { readonly kind: 'op' | 'name' | 'value'; readonly text: string; readonly value?: Value };

const TOKEN = /\s*(?:(&&|\|\||==|!=|<=|>=|[!<>()[\].,*])|('(?:[^']|'')*')|(-?\d+(?:\.\d+)?)|([A-Za-z_][\w-]*))/y;

function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  const whole = text.trimEnd();
  while (TOKEN.lastIndex < whole.length) {
    const from = TOKEN.lastIndex;
    const match = TOKEN.exec(whole);
    if (match === null) throw new Error(`no expression of a workflow: ${whole} (at ${from})`);
    const [, op, string, number, name] = match;
    if (op !== undefined) tokens.push({ kind: 'op', text: op });
    else if (string !== undefined) {
      tokens.push({ kind: 'value', text: string, value: string.slice(1, -1).replaceAll("''", "'") });
    } else if (number !== undefined) tokens.push({ kind: 'value', text: number, value: Number(number) });
    else if (name === 'true' || name === 'false') tokens.push({ kind: 'value', text: name, value: name === 'true' });
    else if (name === 'null') tokens.push({ kind: 'value', text: name, value: null });
    else tokens.push({ kind: 'name', text: name! });
  }
  return tokens;
}

/** Whether GitHub takes a value for true: all but false, 0, '' and null. */
export function isTruthy(value: Value): boolean {
  return value !== null && value !== false && value !== 0 && value !== '';
}

/** A value as GitHub writes it into a text. */
export function textOf(value: Value): string {
  if (value === null) return '';
  if (typeof value === 'object') return Array.isArray(value) ? 'Array' : 'Object';
  return String(value);
}

function numberOf(value: Value): number {
  if (value === null || value === '') return 0;
  return typeof value === 'object' ? Number.NaN : Number(value);
}

/** Texts are compared without case, other kinds by number. */
function isEqual(left: Value, right: Value): boolean {
  if (typeof left === 'string' && typeof right === 'string') return left.toLowerCase() === right.toLowerCase();
  if (typeof left === 'object' && left !== null) return left === right;
  if (left === null && right === null) return true;
  return numberOf(left) === numberOf(right);
}

function member(value: Value, key: string): Value {
  if (value === null || typeof value !== 'object') return null;
  if (Array.isArray(value)) return (value as readonly Value[])[Number(key)] ?? null;
  const named = value as Readonly<Record<string, Value>>;
  const found = Object.keys(named).find((each) => each.toLowerCase() === key.toLowerCase());
  return found === undefined ? null : named[found]!;
}

class Parser {
  readonly #tokens: readonly Token[];
  readonly #scope: Scope;
  #at = 0;

  constructor(tokens: readonly Token[], scope: Scope) {
    this.#tokens = tokens;
    this.#scope = scope;
  }

  whole(): Value {
    const value = this.#or();
    const rest = this.#tokens[this.#at];
    if (rest !== undefined) throw new Error(`not understood: ${rest.text}`);
    return value;
  }

  #takes(...ops: readonly string[]): string | undefined {
    const token = this.#tokens[this.#at];
    if (token?.kind !== 'op' || !ops.includes(token.text)) return undefined;
    this.#at += 1;
    return token.text;
  }

  #expect(op: string): void {
    if (this.#takes(op) === undefined) throw new Error(`expected ${op}`);
  }

  #or(): Value {
    let left = this.#and();
    while (this.#takes('||') !== undefined) {
      const right = this.#and();
      left = isTruthy(left) ? left : right;
    }
    return left;
  }

  #and(): Value {
    let left = this.#compared();
    while (this.#takes('&&') !== undefined) {
      const right = this.#compared();
      left = isTruthy(left) ? right : left;
    }
    return left;
  }

  #compared(): Value {
    const left = this.#unary();
    const op = this.#takes('==', '!=', '<', '<=', '>', '>=');
    if (op === undefined) return left;
    const right = this.#unary();
    if (op === '==') return isEqual(left, right);
    if (op === '!=') return !isEqual(left, right);
    const [a, b] = [numberOf(left), numberOf(right)];
    if (op === '<') return a < b;
    if (op === '<=') return a <= b;
    return op === '>' ? a > b : a >= b;
  }

  #unary(): Value {
    return this.#takes('!') === undefined ? this.#path() : !isTruthy(this.#unary());
  }

  #path(): Value {
    let value = this.#primary();
    for (;;) {
      if (this.#takes('.') !== undefined) {
        const token = this.#tokens[this.#at++];
        if (token?.kind !== 'name') throw new Error('expected a name after .');
        value = member(value, token.text);
      } else if (this.#takes('[') !== undefined) {
        const key = this.#or();
        this.#expect(']');
        value = member(value, textOf(key));
      } else return value;
    }
  }

  #primary(): Value {
    if (this.#takes('(') !== undefined) {
      const value = this.#or();
      this.#expect(')');
      return value;
    }
    const token = this.#tokens[this.#at++];
    if (token?.kind === 'value') return token.value!;
    if (token?.kind !== 'name') throw new Error(`not understood: ${token?.text ?? 'the end'}`);
    if (this.#takes('(') === undefined) {
      const context = this.#scope.contexts[token.text];
      if (context === undefined) throw new Error(`a context that is not there: ${token.text}`);
      return context;
    }
    const args: Value[] = [];
    if (this.#takes(')') === undefined) {
      do args.push(this.#or());
      while (this.#takes(',') !== undefined);
      this.#expect(')');
    }
    return call(token.text, args, this.#scope);
  }
}

function call(name: string, args: readonly Value[], { status }: Scope): Value {
  const text = (index: number): string => textOf(args[index] ?? null);
  switch (name) {
    case 'success':
      return status === 'success';
    case 'failure':
      return status === 'failure';
    case 'cancelled':
      return status === 'cancelled';
    case 'always':
      return true;
    case 'fromJSON':
      return JSON.parse(text(0)) as Value;
    case 'toJSON':
      return JSON.stringify(args[0], null, 2);
    case 'contains': {
      const within = args[0] ?? null;
      if (Array.isArray(within)) return (within as Value[]).some((each) => isEqual(each, args[1] ?? null));
      return text(0).toLowerCase().includes(text(1).toLowerCase());
    }
    case 'startsWith':
      return text(0).toLowerCase().startsWith(text(1).toLowerCase());
    case 'endsWith':
      return text(0).toLowerCase().endsWith(text(1).toLowerCase());
    case 'format':
      return text(0).replaceAll(/\{(\d+)\}/g, (_, index: string) => text(Number(index) + 1));
    default:
      throw new Error(`a function that is not built here: ${name}`);
  }
}

/** The value of an expression, without its `${{ }}`. @throws Error for what is none, or uses what is not built here */
export function evaluate(expression: string, scope: Scope): Value {
  try {
    return new Parser(tokensOf(expression), scope).whole();
  } catch (error) {
    throw new Error(`${expression}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}

/** A text with its `${{ }}` replaced; one that is a single expression keeps its kind. */
export function filled(text: string, scope: Scope): Value {
  const alone = /^\$\{\{((?:(?!\}\}).)*)\}\}$/s.exec(text.trim());
  if (alone !== null) return evaluate(alone[1]!, scope);
  return text.replaceAll(/\$\{\{(.*?)\}\}/gs, (_, expression: string) => textOf(evaluate(expression, scope)));
}

/** Whether a step or job with this `if:` runs: without a status function in it, only after success. */
export function holds(condition: Value | undefined, scope: Scope): boolean {
  if (condition === undefined || condition === null) return scope.status === 'success';
  const text = textOf(condition);
  const bare = text.trim().startsWith('${{') ? text.trim().slice(3, -2) : text;
  const asksStatus = /\b(?:success|failure|cancelled|always)\s*\(/.test(bare);
  return (asksStatus || scope.status === 'success') && isTruthy(evaluate(bare, scope));
}
