package dev.myelin.chat.template;

import dev.myelin.chat.template.Token.Kind;
import java.util.ArrayList;
import java.util.List;

/** Parses expressions with Jinja2's precedences. */
class ExpressionParser {
  private static final int MAX_DEPTH = 200;

  final TokenStream tokens;
  private final PostfixParser postfix;
  private int depth;

  ExpressionParser(TokenStream tokens, ImplicitArguments use) {
    this.tokens = tokens;
    this.postfix = new PostfixParser(this, tokens, use);
  }

  /** An expression, or a tuple of several expressions separated by commas. */
  Expression tuple(boolean allowConditional) {
    int at = tokens.peek().offset();
    List<Expression> items = new ArrayList<>();
    boolean comma = false;
    while (!isTupleEnd(allowConditional)) {
      items.add(allowConditional ? expression() : or());
      comma = tokens.acceptOperator(",");
      if (!comma) {
        break;
      }
    }
    if (items.isEmpty()) {
      throw tokens.unexpected();
    }
    return items.size() == 1 && !comma
        ? items.get(0)
        : new LiteralExpressions.ListOrTuple(at, items, true);
  }

  /** Whether a tuple ends before the next token. */
  private boolean isTupleEnd(boolean allowConditional) {
    Token next = tokens.peek();
    return next.is(Kind.OUTPUT_END)
        || next.is(Kind.TAG_END)
        || next.isOperator(")")
        || !allowConditional && next.isName("recursive");
  }

  Expression expression() {
    Token start = tokens.peek();
    enterNesting(start);
    Expression value = or();
    while (tokens.acceptName("if")) {
      Expression condition = or();
      Expression elseValue = tokens.acceptName("else") ? expression() : null;
      value = new OperatorExpressions.Conditional(start.offset(), condition, value, elseValue);
    }
    depth--;
    return value;
  }

  void enterNesting(Token token) {
    if (++depth > MAX_DEPTH) {
      throw new TemplateError("nested too deeply", token.offset());
    }
  }

  void leaveNesting() {
    depth--;
  }

  Expression or() {
    Expression left = and();
    while (tokens.peek().isName("or")) {
      int at = tokens.next().offset();
      left = new OperatorExpressions.Logical(at, false, left, and());
    }
    return left;
  }

  private Expression and() {
    Expression left = not();
    while (tokens.peek().isName("and")) {
      int at = tokens.next().offset();
      left = new OperatorExpressions.Logical(at, true, left, not());
    }
    return left;
  }

  private Expression not() {
    Token token = tokens.peek();
    if (!token.isName("not")) {
      return comparison();
    }
    tokens.next();
    enterNesting(token);
    Expression operand = not();
    leaveNesting();
    return new OperatorExpressions.Not(token.offset(), operand);
  }

  private Expression comparison() {
    Expression first = additive();
    Token token = tokens.peek();
    String operator = comparisonOperator();
    if (operator == null) {
      return first;
    }
    List<String> operators = new ArrayList<>();
    List<Expression> others = new ArrayList<>();
    for (; operator != null; operator = comparisonOperator()) {
      operators.add(operator);
      others.add(additive());
    }
    return new OperatorExpressions.Comparison(token.offset(), first, operators, others);
  }

  private String comparisonOperator() {
    Token token = tokens.peek();
    if (token.is(Kind.OPERATOR)) {
      switch (token.text()) {
        case "==", "!=", "<", "<=", ">", ">=":
          return tokens.next().text();
        default:
          return null;
      }
    }
    if (token.isName("in")) {
      return tokens.next().text();
    }
    if (token.isName("not") && tokens.peekSecond().isName("in")) {
      tokens.next();
      tokens.next();
      return "not in";
    }
    return null;
  }

  private Expression additive() {
    Expression left = concatenation();
    while (tokens.peek().isOperator("+") || tokens.peek().isOperator("-")) {
      Token token = tokens.next();
      left = new OperatorExpressions.Binary(token.offset(), token.text(), left, concatenation());
    }
    return left;
  }

  private Expression concatenation() {
    Expression first = multiplicative();
    Token token = tokens.peek();
    if (!token.isOperator("~")) {
      return first;
    }
    List<Expression> operands = new ArrayList<>();
    operands.add(first);
    while (tokens.acceptOperator("~")) {
      operands.add(multiplicative());
    }
    return new OperatorExpressions.Concat(token.offset(), operands);
  }

  private Expression multiplicative() {
    Expression left = power();
    while (true) {
      Token token = tokens.peek();
      if (!token.isOperator("*")
          && !token.isOperator("/")
          && !token.isOperator("//")
          && !token.isOperator("%")) {
        return left;
      }
      tokens.next();
      left = new OperatorExpressions.Binary(token.offset(), token.text(), left, power());
    }
  }

  private Expression power() {
    Expression left = unary(true);
    while (tokens.peek().isOperator("**")) {
      Token token = tokens.next();
      left = new OperatorExpressions.Binary(token.offset(), "**", left, unary(true));
    }
    return left;
  }

  /**
   * @param allowFilters whether following filters and tests apply to it
   */
  private Expression unary(boolean allowFilters) {
    Token token = tokens.peek();
    Expression value;
    if (token.isOperator("-") || token.isOperator("+")) {
      tokens.next();
      enterNesting(token);
      Expression operand = unary(false);
      leaveNesting();
      value = new OperatorExpressions.UnarySign(token.offset(), token.text().equals("-"), operand);
    } else {
      value = postfix.primary();
    }
    value = postfix.postfix(value);
    return allowFilters ? postfix.filters(value) : value;
  }

  CallExpressions.FilterCall filter(Expression value) {
    return postfix.filter(value);
  }
}
