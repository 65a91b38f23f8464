package dev.myelin.chat.template;

import dev.myelin.chat.template.Token.Kind;
import java.util.ArrayList;
import java.util.List;

/**
 * Parses literals and names, and their postfix operators: attributes, items, calls, filters, tests.
 */
final class PostfixParser {
  /** Maximum number of names in a call or macro, because their lookup is linear. */
  static final int MAX_KEYWORDS = 255;

  private final ExpressionParser expressions;
  private final TokenStream tokens;
  private final ImplicitArguments implicitArguments;

  PostfixParser(
      ExpressionParser expressions, TokenStream tokens, ImplicitArguments implicitArguments) {
    this.expressions = expressions;
    this.tokens = tokens;
    this.implicitArguments = implicitArguments;
  }

  Expression primary() {
    Token token = tokens.peek();
    switch (token.kind()) {
      case NAME:
        tokens.next();
        return name(token);
      case STRING:
        return string();
      case NUMBER:
        tokens.next();
        return new LiteralExpressions.Constant(token.offset(), token.value());
      case OPERATOR:
        if (token.text().equals("(")) {
          return parentheses();
        } else if (token.text().equals("[")) {
          tokens.next();
          return new LiteralExpressions.ListOrTuple(token.offset(), items("]"), false);
        } else if (token.text().equals("{")) {
          return dict();
        }
        throw tokens.unexpected();
      default:
        throw tokens.unexpected();
    }
  }

  private Expression name(Token token) {
    switch (token.text()) {
      case "true", "True":
        return new LiteralExpressions.Constant(token.offset(), true);
      case "false", "False":
        return new LiteralExpressions.Constant(token.offset(), false);
      case "none", "None":
        return new LiteralExpressions.Constant(token.offset(), None.NONE);
      default:
        implicitArguments.noteName(token.text());
        return new AccessExpressions.Name(token.offset(), token.text());
    }
  }

  /** Adjacent string literals are concatenated. */
  private Expression string() {
    Token token = tokens.next();
    if (!tokens.peek().is(Kind.STRING)) {
      return new LiteralExpressions.Constant(token.offset(), Str.of((String) token.value()));
    }
    StringBuilder text = new StringBuilder((String) token.value());
    while (tokens.peek().is(Kind.STRING)) {
      text.append((String) tokens.next().value());
    }
    return new LiteralExpressions.Constant(token.offset(), Str.of(text.toString()));
  }

  private Expression parentheses() {
    Token open = tokens.next();
    if (tokens.acceptOperator(")")) {
      return new LiteralExpressions.ListOrTuple(open.offset(), List.of(), true);
    }
    expressions.enterNesting(open);
    Expression inside = expressions.tuple(true);
    expressions.leaveNesting();
    tokens.expectOperator(")");
    return inside;
  }

  /** Expressions separated by commas, up to and including the closing bracket. */
  private List<Expression> items(String close) {
    List<Expression> items = new ArrayList<>();
    while (!tokens.acceptOperator(close)) {
      if (!items.isEmpty()) {
        tokens.expectOperator(",");
        if (tokens.acceptOperator(close)) {
          break;
        }
      }
      items.add(expressions.expression());
    }
    return items;
  }

  private Expression dict() {
    Token open = tokens.next();
    List<Expression> keys = new ArrayList<>();
    List<Expression> values = new ArrayList<>();
    while (!tokens.acceptOperator("}")) {
      if (!keys.isEmpty()) {
        tokens.expectOperator(",");
        if (tokens.acceptOperator("}")) {
          break;
        }
      }
      keys.add(expressions.expression());
      tokens.expectOperator(":");
      values.add(expressions.expression());
    }
    return new LiteralExpressions.Dict(open.offset(), keys, values);
  }

  Expression postfix(Expression start) {
    Expression value = start;
    while (true) {
      Token token = tokens.peek();
      if (token.isOperator(".")) {
        value = attribute(value);
      } else if (token.isOperator("[")) {
        value = subscript(value);
      } else if (token.isOperator("(")) {
        value = new CallExpressions.Call(value.offset, value, arguments());
      } else {
        return value;
      }
    }
  }

  private Expression attribute(Expression owner) {
    int at = tokens.next().offset();
    Token name = tokens.next();
    if (name.is(Kind.NAME)) {
      return new AccessExpressions.GetAttribute(name.offset(), owner, name.text());
    }
    if (name.is(Kind.NUMBER) && name.value() instanceof Long) {
      return new AccessExpressions.GetItem(
          name.offset(), owner, new LiteralExpressions.Constant(name.offset(), name.value()));
    }
    throw new TemplateError("'.': expected a name or a number after it", at);
  }

  private Expression subscript(Expression owner) {
    Token open = tokens.next();
    List<Expression> keys = new ArrayList<>();
    boolean comma = false;
    while (!tokens.acceptOperator("]")) {
      if (!keys.isEmpty() && !comma) {
        tokens.expectOperator(",");
      }
      keys.add(slice());
      comma = tokens.acceptOperator(",");
    }
    Expression key =
        keys.size() == 1 && !comma
            ? keys.get(0)
            : new LiteralExpressions.ListOrTuple(open.offset(), keys, true);
    return new AccessExpressions.GetItem(open.offset(), owner, key);
  }

  private Expression slice() {
    int at = tokens.peek().offset();
    Expression start = tokens.peek().isOperator(":") ? null : expressions.expression();
    if (!tokens.acceptOperator(":")) {
      return start;
    }
    Expression stop = isSliceEnd() ? null : expressions.expression();
    Expression step = null;
    if (tokens.acceptOperator(":") && !isSliceEnd()) {
      step = expressions.expression();
    }
    return new AccessExpressions.SliceExpression(at, start, stop, step);
  }

  private boolean isSliceEnd() {
    Token next = tokens.peek();
    return next.isOperator(":") || next.isOperator("]") || next.isOperator(",");
  }

  private CallExpressions.ArgumentList arguments() {
    Token open = tokens.next();
    List<Expression> positional = new ArrayList<>();
    List<String> keywordNames = new ArrayList<>();
    List<Expression> keywordValues = new ArrayList<>();
    Expression varargs = null;
    Expression kwargs = null;
    boolean first = true;
    while (!tokens.acceptOperator(")")) {
      if (!first) {
        tokens.expectOperator(",");
        if (tokens.acceptOperator(")")) {
          break;
        }
      }
      first = false;
      Token next = tokens.peek();
      if (next.isOperator("*") && varargs == null && kwargs == null) {
        tokens.next();
        varargs = expressions.expression();
      } else if (next.isOperator("**") && kwargs == null) {
        tokens.next();
        kwargs = expressions.expression();
      } else if (kwargs == null && next.is(Kind.NAME) && tokens.peekSecond().isOperator("=")) {
        tokens.next();
        tokens.next();
        if (keywordNames.size() == MAX_KEYWORDS) {
          throw new TemplateError(
              "more than " + MAX_KEYWORDS + " keyword arguments", next.offset());
        }
        if (keywordNames.contains(next.text())) {
          throw new TemplateError("argument '" + next.text() + "' is given twice", next.offset());
        }
        keywordNames.add(next.text());
        keywordValues.add(expressions.expression());
      } else if (keywordNames.isEmpty() && varargs == null && kwargs == null) {
        positional.add(expressions.expression());
      } else {
        throw new TemplateError("a positional argument follows a keyword argument", next.offset());
      }
    }
    return first
        ? CallExpressions.ArgumentList.NONE
        : new CallExpressions.ArgumentList(
            positional, keywordNames, keywordValues, varargs, kwargs);
  }

  Expression filters(Expression start) {
    Expression value = start;
    while (true) {
      Token token = tokens.peek();
      if (token.isOperator("|")) {
        tokens.next();
        value = filter(value);
      } else if (token.isName("is")) {
        value = test(value);
      } else if (token.isOperator("(")) {
        value = new CallExpressions.Call(value.offset, value, arguments());
      } else {
        return value;
      }
    }
  }

  /** A filter, starting at its name. */
  CallExpressions.FilterCall filter(Expression value) {
    Token name = tokens.expectName();
    CallExpressions.ArgumentList arguments =
        tokens.peek().isOperator("(") ? arguments() : CallExpressions.ArgumentList.NONE;
    return new CallExpressions.FilterCall(name.offset(), dottedName(name), value, arguments);
  }

  private String dottedName(Token name) {
    String dotted = name.text();
    while (tokens.peek().isOperator(".")) {
      tokens.next();
      dotted += "." + tokens.expectName().text();
    }
    return dotted;
  }

  private Expression test(Expression value) {
    Token is = tokens.next();
    boolean negated = tokens.acceptName("not");
    Token token = tokens.expectName();
    String name = dottedName(token);
    CallExpressions.ArgumentList arguments = CallExpressions.ArgumentList.NONE;
    Token next = tokens.peek();
    if (next.isOperator("(")) {
      arguments = arguments();
    } else if (startsArgument(next)) {
      if (next.isName("is")) {
        throw new TemplateError("tests cannot be chained with 'is'", next.offset());
      }
      Expression argument = postfix(primary());
      arguments =
          new CallExpressions.ArgumentList(List.of(argument), List.of(), List.of(), null, null);
    }
    Expression test = new CallExpressions.TestCall(token.offset(), name, value, arguments);
    return negated ? new OperatorExpressions.Not(is.offset(), test) : test;
  }

  /** Whether this token starts an argument of a test without parentheses. */
  private static boolean startsArgument(Token next) {
    return switch (next.kind()) {
      case NAME ->
          !next.isName("else")
              && !next.isName("or")
              && !next.isName("and")
              && !next.isName("if")
              && !next.isName("in")
              && !next.isName("not")
              && !next.isName("recursive");
      case STRING, NUMBER -> true;
      case OPERATOR -> next.isOperator("[") || next.isOperator("{");
      default -> false;
    };
  }
}
