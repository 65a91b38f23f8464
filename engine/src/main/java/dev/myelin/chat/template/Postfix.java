package dev.myelin.chat.template;

import dev.myelin.chat.template.Token.Kind;
import java.util.ArrayList;
import java.util.List;

/** Literals and names, and what can follow them: attributes, items, calls, filters, tests. */
final class Postfix {
  /** Of one call or macro; more would make looking them up slow. */
  static final int MOST_NAMES = 255;

  private final ExpressionParser expressions;
  private final Tokens tokens;
  private final MacroUse use;

  Postfix(ExpressionParser expressions, Tokens tokens, MacroUse use) {
    this.expressions = expressions;
    this.tokens = tokens;
    this.use = use;
  }

  Expr primary() {
    Token token = tokens.peek();
    switch (token.kind()) {
      case NAME:
        tokens.take();
        return name(token);
      case STRING:
        return string();
      case NUMBER:
        tokens.take();
        return new Literals.Constant(token.at(), token.value());
      case OPERATOR:
        if (token.text().equals("(")) {
          return parentheses();
        } else if (token.text().equals("[")) {
          tokens.take();
          return new Literals.Items(token.at(), items("]"), false);
        } else if (token.text().equals("{")) {
          return dict();
        }
        throw tokens.unexpected();
      default:
        throw tokens.unexpected();
    }
  }

  private Expr name(Token token) {
    switch (token.text()) {
      case "true", "True":
        return new Literals.Constant(token.at(), true);
      case "false", "False":
        return new Literals.Constant(token.at(), false);
      case "none", "None":
        return new Literals.Constant(token.at(), None.NONE);
      default:
        use.name(token.text());
        return new Access.Name(token.at(), token.text());
    }
  }

  /** Strings side by side are one. */
  private Expr string() {
    Token token = tokens.take();
    if (!tokens.peek().is(Kind.STRING)) {
      return new Literals.Constant(token.at(), Str.of((String) token.value()));
    }
    StringBuilder text = new StringBuilder((String) token.value());
    while (tokens.peek().is(Kind.STRING)) {
      text.append((String) tokens.take().value());
    }
    return new Literals.Constant(token.at(), Str.of(text.toString()));
  }

  private Expr parentheses() {
    Token open = tokens.take();
    if (tokens.takeOperator(")")) {
      return new Literals.Items(open.at(), List.of(), true);
    }
    expressions.enter(open);
    Expr inside = expressions.tuple(true);
    expressions.leave();
    tokens.expectOperator(")");
    return inside;
  }

  /** Expressions with commas between them, up to a bracket, which is taken. */
  private List<Expr> items(String close) {
    List<Expr> items = new ArrayList<>();
    while (!tokens.takeOperator(close)) {
      if (!items.isEmpty()) {
        tokens.expectOperator(",");
        if (tokens.takeOperator(close)) {
          break;
        }
      }
      items.add(expressions.expression());
    }
    return items;
  }

  private Expr dict() {
    Token open = tokens.take();
    List<Expr> keys = new ArrayList<>();
    List<Expr> values = new ArrayList<>();
    while (!tokens.takeOperator("}")) {
      if (!keys.isEmpty()) {
        tokens.expectOperator(",");
        if (tokens.takeOperator("}")) {
          break;
        }
      }
      keys.add(expressions.expression());
      tokens.expectOperator(":");
      values.add(expressions.expression());
    }
    return new Literals.Dict(open.at(), keys, values);
  }

  Expr postfix(Expr start) {
    Expr value = start;
    while (true) {
      Token token = tokens.peek();
      if (token.operator(".")) {
        value = attribute(value);
      } else if (token.operator("[")) {
        value = subscript(value);
      } else if (token.operator("(")) {
        value = new Calls.Call(value.at, value, arguments());
      } else {
        return value;
      }
    }
  }

  private Expr attribute(Expr owner) {
    int at = tokens.take().at();
    Token name = tokens.take();
    if (name.is(Kind.NAME)) {
      return new Access.Attribute(name.at(), owner, name.text());
    }
    if (name.is(Kind.NUMBER) && name.value() instanceof Long) {
      return new Access.Item(name.at(), owner, new Literals.Constant(name.at(), name.value()));
    }
    throw new Failure("'.': expected a name or a number after it", at);
  }

  private Expr subscript(Expr owner) {
    Token open = tokens.take();
    List<Expr> keys = new ArrayList<>();
    boolean comma = false;
    while (!tokens.takeOperator("]")) {
      if (!keys.isEmpty() && !comma) {
        tokens.expectOperator(",");
      }
      keys.add(slice());
      comma = tokens.takeOperator(",");
    }
    Expr key = keys.size() == 1 && !comma ? keys.get(0) : new Literals.Items(open.at(), keys, true);
    return new Access.Item(open.at(), owner, key);
  }

  private Expr slice() {
    int at = tokens.peek().at();
    Expr start = tokens.peek().operator(":") ? null : expressions.expression();
    if (!tokens.takeOperator(":")) {
      return start;
    }
    Expr stop = sliceEnds() ? null : expressions.expression();
    Expr step = null;
    if (tokens.takeOperator(":") && !sliceEnds()) {
      step = expressions.expression();
    }
    return new Access.SliceOf(at, start, stop, step);
  }

  private boolean sliceEnds() {
    Token next = tokens.peek();
    return next.operator(":") || next.operator("]") || next.operator(",");
  }

  private Calls.Arguments arguments() {
    Token open = tokens.take();
    List<Expr> positional = new ArrayList<>();
    List<String> names = new ArrayList<>();
    List<Expr> named = new ArrayList<>();
    Expr rest = null;
    Expr keywords = null;
    boolean first = true;
    while (!tokens.takeOperator(")")) {
      if (!first) {
        tokens.expectOperator(",");
        if (tokens.takeOperator(")")) {
          break;
        }
      }
      first = false;
      Token next = tokens.peek();
      if (next.operator("*") && rest == null && keywords == null) {
        tokens.take();
        rest = expressions.expression();
      } else if (next.operator("**") && keywords == null) {
        tokens.take();
        keywords = expressions.expression();
      } else if (keywords == null && next.is(Kind.NAME) && tokens.peekSecond().operator("=")) {
        tokens.take();
        tokens.take();
        if (names.size() == MOST_NAMES) {
          throw new Failure("more than " + MOST_NAMES + " arguments with names", next.at());
        }
        if (names.contains(next.text())) {
          throw new Failure("argument '" + next.text() + "' is given twice", next.at());
        }
        names.add(next.text());
        named.add(expressions.expression());
      } else if (names.isEmpty() && rest == null && keywords == null) {
        positional.add(expressions.expression());
      } else {
        throw new Failure("an argument without a name must come first", next.at());
      }
    }
    return first
        ? Calls.Arguments.NONE
        : new Calls.Arguments(positional, names, named, rest, keywords);
  }

  Expr filters(Expr start) {
    Expr value = start;
    while (true) {
      Token token = tokens.peek();
      if (token.operator("|")) {
        tokens.take();
        value = filter(value);
      } else if (token.name("is")) {
        value = test(value);
      } else if (token.operator("(")) {
        value = new Calls.Call(value.at, value, arguments());
      } else {
        return value;
      }
    }
  }

  /** A filter, its name first; in blocks more may follow. */
  Calls.Filter filter(Expr value) {
    Token name = tokens.expectName();
    Calls.Arguments arguments = tokens.peek().operator("(") ? arguments() : Calls.Arguments.NONE;
    return new Calls.Filter(name.at(), dotted(name), value, arguments);
  }

  private String dotted(Token name) {
    String whole = name.text();
    while (tokens.peek().operator(".")) {
      tokens.take();
      whole += "." + tokens.expectName().text();
    }
    return whole;
  }

  private Expr test(Expr value) {
    Token is = tokens.take();
    boolean negated = tokens.takeName("not");
    Token token = tokens.expectName();
    String name = dotted(token);
    Calls.Arguments arguments = Calls.Arguments.NONE;
    Token next = tokens.peek();
    if (next.operator("(")) {
      arguments = arguments();
    } else if (startsArgument(next)) {
      if (next.name("is")) {
        throw new Failure("tests cannot be chained with 'is'", next.at());
      }
      Expr argument = postfix(primary());
      arguments = new Calls.Arguments(List.of(argument), List.of(), List.of(), null, null);
    }
    Expr test = new Calls.Test(token.at(), name, value, arguments);
    return negated ? new Operations.Not(is.at(), test) : test;
  }

  /** Whether a test's argument without parentheses begins here. */
  private static boolean startsArgument(Token next) {
    return switch (next.kind()) {
      case NAME ->
          !next.name("else")
              && !next.name("or")
              && !next.name("and")
              && !next.name("if")
              && !next.name("in")
              && !next.name("not")
              && !next.name("recursive");
      case STRING, NUMBER -> true;
      case OPERATOR -> next.operator("[") || next.operator("{");
      default -> false;
    };
  }
}
