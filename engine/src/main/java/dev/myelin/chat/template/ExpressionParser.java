package dev.myelin.chat.template;

import dev.myelin.chat.template.Token.Kind;
import java.util.ArrayList;
import java.util.List;

/** Expressions, with the precedences of Jinja2. */
class ExpressionParser {
  private static final int DEEPEST = 200;

  final Tokens tokens;
  private final Postfix postfix;
  private int depth;

  ExpressionParser(Tokens tokens, MacroUse use) {
    this.tokens = tokens;
    this.postfix = new Postfix(this, tokens, use);
  }

  /** An expression, or several with commas: a tuple. */
  Expr tuple(boolean conditional) {
    int at = tokens.peek().at();
    List<Expr> items = new ArrayList<>();
    boolean comma = false;
    while (!ends(conditional)) {
      items.add(conditional ? expression() : or());
      comma = tokens.takeOperator(",");
      if (!comma) {
        break;
      }
    }
    if (items.isEmpty()) {
      throw tokens.unexpected();
    }
    return items.size() == 1 && !comma ? items.get(0) : new Literals.Items(at, items, true);
  }

  /** Whether a tuple ends before the next token. */
  private boolean ends(boolean conditional) {
    Token next = tokens.peek();
    return next.is(Kind.OUTPUT_END)
        || next.is(Kind.TAG_END)
        || next.operator(")")
        || !conditional && next.name("recursive");
  }

  Expr expression() {
    Token start = tokens.peek();
    enter(start);
    Expr value = or();
    while (tokens.takeName("if")) {
      Expr condition = or();
      Expr otherwise = tokens.takeName("else") ? expression() : null;
      value = new Operations.Conditional(start.at(), condition, value, otherwise);
    }
    depth--;
    return value;
  }

  void enter(Token token) {
    if (++depth > DEEPEST) {
      throw new Failure("nested too deeply", token.at());
    }
  }

  void leave() {
    depth--;
  }

  Expr or() {
    Expr left = and();
    while (tokens.peek().name("or")) {
      int at = tokens.take().at();
      left = new Operations.Logical(at, false, left, and());
    }
    return left;
  }

  private Expr and() {
    Expr left = not();
    while (tokens.peek().name("and")) {
      int at = tokens.take().at();
      left = new Operations.Logical(at, true, left, not());
    }
    return left;
  }

  private Expr not() {
    Token token = tokens.peek();
    if (!token.name("not")) {
      return comparison();
    }
    tokens.take();
    enter(token);
    Expr operand = not();
    leave();
    return new Operations.Not(token.at(), operand);
  }

  private Expr comparison() {
    Expr first = sum();
    Token token = tokens.peek();
    String operator = comparisonOperator();
    if (operator == null) {
      return first;
    }
    List<String> operators = new ArrayList<>();
    List<Expr> others = new ArrayList<>();
    for (; operator != null; operator = comparisonOperator()) {
      operators.add(operator);
      others.add(sum());
    }
    return new Operations.Comparison(token.at(), first, operators, others);
  }

  private String comparisonOperator() {
    Token token = tokens.peek();
    if (token.is(Kind.OPERATOR)) {
      switch (token.text()) {
        case "==", "!=", "<", "<=", ">", ">=":
          return tokens.take().text();
        default:
          return null;
      }
    }
    if (token.name("in")) {
      return tokens.take().text();
    }
    if (token.name("not") && tokens.peekSecond().name("in")) {
      tokens.take();
      tokens.take();
      return "not in";
    }
    return null;
  }

  private Expr sum() {
    Expr left = concatenation();
    while (tokens.peek().operator("+") || tokens.peek().operator("-")) {
      Token token = tokens.take();
      left = new Operations.Binary(token.at(), token.text(), left, concatenation());
    }
    return left;
  }

  private Expr concatenation() {
    Expr first = product();
    Token token = tokens.peek();
    if (!token.operator("~")) {
      return first;
    }
    List<Expr> operands = new ArrayList<>();
    operands.add(first);
    while (tokens.takeOperator("~")) {
      operands.add(product());
    }
    return new Operations.Concat(token.at(), operands);
  }

  private Expr product() {
    Expr left = power();
    while (true) {
      Token token = tokens.peek();
      if (!token.operator("*")
          && !token.operator("/")
          && !token.operator("//")
          && !token.operator("%")) {
        return left;
      }
      tokens.take();
      left = new Operations.Binary(token.at(), token.text(), left, power());
    }
  }

  private Expr power() {
    Expr left = unary(true);
    while (tokens.peek().operator("**")) {
      Token token = tokens.take();
      left = new Operations.Binary(token.at(), "**", left, unary(true));
    }
    return left;
  }

  /**
   * @param filters whether filters and tests that follow belong to it
   */
  private Expr unary(boolean filters) {
    Token token = tokens.peek();
    Expr value;
    if (token.operator("-") || token.operator("+")) {
      tokens.take();
      enter(token);
      Expr operand = unary(false);
      leave();
      value = new Operations.Sign(token.at(), token.text().equals("-"), operand);
    } else {
      value = postfix.primary();
    }
    value = postfix.postfix(value);
    return filters ? postfix.filters(value) : value;
  }

  Calls.Filter filter(Expr value) {
    return postfix.filter(value);
  }
}
