import { relative } from 'node:path';
import { type Node, type SourceFile, SyntaxKind } from 'typescript/unstable/ast';
import {
  isArrayBindingPattern,
  isBinaryExpression,
  isBindingElement,
  isCallExpression,
  isExpressionStatement,
  isAwaitExpression,
  isImportDeclaration,
  isInterfaceDeclaration,
  isNumericLiteral,
  isPrefixUnaryExpression,
  isPropertyAccessExpression,
  isReturnStatement,
  isStringLiteral,
  isTemplateExpression,
  isTypeAliasDeclaration,
  isTypeNode,
} from 'typescript/unstable/ast/is';

/** One small change of a source file that a test ought to notice. */
export interface Mutant {
  readonly id: number;
  /** Path from the root. */
  readonly file: string;
  readonly line: number;
  readonly before: string;
  /** Empty where a statement is taken away. */
  readonly after: string;
}

/** A source file that holds all its mutants: `$mutant(id)` says which of them is in force. */
export interface MutatedFile {
  readonly text: string;
  readonly mutants: readonly Mutant[];
}

/**
 * Every mutant of a file: arithmetic and its assignments exchanged; a comparison's boundary moved and its sense turned;
 * one side of `??`, `||` and `&&` alone; a negation or a boolean turned; a number changed; `Math.min` for `Math.max`; a
 * called statement left out; `null` returned where a function may.
 * @param firstId the id of the first mutant; the others follow in the order of the text
 */
export function mutate(source: SourceFile, root: string, firstId: number): MutatedFile {
  const mutants: Mutant[] = [];
  const file = relative(root, source.fileName);
  const textOf = (node: Node): string => source.text.slice(node.getStart(source), node.end);

  /** The id of a new mutant of a node. */
  function add(node: Node, after: string): number {
    const { line } = source.getLineAndCharacterOfPosition(node.getStart(source));
    const id = firstId + mutants.length;
    mutants.push({ id, file, line: line + 1, before: textOf(node), after });
    return id;
  }

  function render(node: Node): string {
    if (isLeftAlone(node) || isDefaultForType(node)) return textOf(node);
    if (isCalledStatement(node)) return `{ if (!$mutant(${add(node, '')})) { ${renderInside(node)} } }`;
    const replacements = replacementsOf(node, textOf).map((after) => `$mutant(${add(node, after)}) ? ${after} : `);
    const inside = renderInside(node);
    return replacements.length === 0 ? inside : `(${replacements.join('')}${inside})`;
  }

  /** The node's own text around its children. */
  function renderInside(node: Node): string {
    let text = '';
    let end = node.getStart(source);
    for (const child of childrenOf(node)) {
      const start = child.getStart(source);
      if (start < end) continue;
      text += source.text.slice(end, start) + render(child);
      end = child.end;
    }
    const rest = source.text.slice(end, node.end);
    if (!isReturnStatement(node) || node.expression === undefined || !mayReturnNull(node, textOf)) return text + rest;
    const value = node.expression;
    if (value.kind === SyntaxKind.NullKeyword) return text + rest;
    return `${text.replace(/^return /, `return $mutant(${add(value, 'null')}) ? null : `)}${rest}`;
  }

  const text = renderInside(source);
  return { text: source.text.slice(0, source.getStart(source)) + text, mutants };
}

const exchanged = new Map<SyntaxKind, readonly string[]>([
  [SyntaxKind.PlusToken, ['-']],
  [SyntaxKind.MinusToken, ['+']],
  [SyntaxKind.AsteriskToken, ['/']],
  [SyntaxKind.SlashToken, ['*']],
  [SyntaxKind.PercentToken, ['*']],
  [SyntaxKind.PlusEqualsToken, ['-=']],
  [SyntaxKind.MinusEqualsToken, ['+=']],
  [SyntaxKind.AsteriskEqualsToken, ['/=']],
  [SyntaxKind.SlashEqualsToken, ['*=']],
  [SyntaxKind.LessThanToken, ['<=', '>=']],
  [SyntaxKind.LessThanEqualsToken, ['<', '>']],
  [SyntaxKind.GreaterThanToken, ['>=', '<=']],
  [SyntaxKind.GreaterThanEqualsToken, ['>', '<']],
  [SyntaxKind.EqualsEqualsEqualsToken, ['!==']],
  [SyntaxKind.ExclamationEqualsEqualsToken, ['===']],
]);

const sided = new Set([SyntaxKind.QuestionQuestionToken, SyntaxKind.BarBarToken, SyntaxKind.AmpersandAmpersandToken]);

/** What may stand in the place of an expression. */
function replacementsOf(node: Node, textOf: (node: Node) => string): readonly string[] {
  if (node.kind === SyntaxKind.TrueKeyword) return ['false'];
  if (node.kind === SyntaxKind.FalseKeyword) return ['true'];
  if (isNumericLiteral(node)) return numbersFor(textOf(node), isKey(node));
  if (isPrefixUnaryExpression(node) && node.operator === SyntaxKind.ExclamationToken) return [textOf(node.operand)];
  if (isPropertyAccessExpression(node)) return extremesFor(textOf(node));
  if (!isBinaryExpression(node)) return [];
  const [left, right] = [textOf(node.left), textOf(node.right)];
  if (sided.has(node.operatorToken.kind)) return [left, right];
  if ([node.left, node.right].some((side) => isStringLiteral(side) || isTemplateExpression(side))) return textual(node);
  return (exchanged.get(node.operatorToken.kind) ?? []).map((operator) => `${left} ${operator} ${right}`);

  /** Texts are compared, and never calculated with. */
  function textual({ operatorToken: { kind } }: { operatorToken: Node }): readonly string[] {
    if (kind === SyntaxKind.EqualsEqualsEqualsToken) return [`${left} !== ${right}`];
    return kind === SyntaxKind.ExclamationEqualsEqualsToken ? [`${left} === ${right}`] : [];
  }
}

function numbersFor(text: string, isKey: boolean): readonly string[] {
  if (isKey) return [];
  return Number(text) === 0 ? ['1'] : [`(${text} + 1)`, '0'];
}

function extremesFor(text: string): readonly string[] {
  if (text === 'Math.min') return ['Math.max'];
  return text === 'Math.max' ? ['Math.min'] : [];
}

function isKey(node: Node): boolean {
  return node.parent.kind === SyntaxKind.PropertyAssignment && node.parent.forEachChild((first) => first) === node;
}

function isLeftAlone(node: Node): boolean {
  return isTypeNode(node) || isInterfaceDeclaration(node) || isTypeAliasDeclaration(node) || isImportDeclaration(node);
}

/** The type of an element that is taken out of an array by its place asks for a default, whether there is one or not. */
function isDefaultForType(node: Node): boolean {
  const element = node.parent;
  return isBindingElement(element) && isArrayBindingPattern(element.parent) && element.initializer === node;
}

/** A call for its effect. Without `super` there would be no object. */
function isCalledStatement(node: Node): boolean {
  if (!isExpressionStatement(node)) return false;
  const called = isAwaitExpression(node.expression) ? node.expression.expression : node.expression;
  return isCallExpression(called) && called.expression.kind !== SyntaxKind.SuperKeyword;
}

const functions = new Set([
  SyntaxKind.FunctionDeclaration,
  SyntaxKind.FunctionExpression,
  SyntaxKind.ArrowFunction,
  SyntaxKind.MethodDeclaration,
  SyntaxKind.GetAccessor,
]);

/** Whether the function around a statement says that it may answer null. */
function mayReturnNull(statement: Node, textOf: (node: Node) => string): boolean {
  let around: Node = statement.parent;
  while (!functions.has(around.kind)) around = around.parent;
  const { type } = around as Node & { readonly type?: Node };
  return type !== undefined && textOf(type).endsWith('| null');
}

function childrenOf(node: Node): readonly Node[] {
  const children: Node[] = [];
  node.forEachChild((child) => {
    children.push(child);
  });
  return children.sort((a, b) => a.pos - b.pos);
}
