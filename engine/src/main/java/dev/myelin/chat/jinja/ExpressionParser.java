package dev.myelin.chat.jinja;

import dev.myelin.chat.jinja.Expressions.And;
import dev.myelin.chat.jinja.Expressions.Attribute;
import dev.myelin.chat.jinja.Expressions.Binary;
import dev.myelin.chat.jinja.Expressions.Call;
import dev.myelin.chat.jinja.Expressions.Compare;
import dev.myelin.chat.jinja.Expressions.Conditional;
import dev.myelin.chat.jinja.Expressions.Filtered;
import dev.myelin.chat.jinja.Expressions.Item;
import dev.myelin.chat.jinja.Expressions.ListOf;
import dev.myelin.chat.jinja.Expressions.Literal;
import dev.myelin.chat.jinja.Expressions.MapOf;
import dev.myelin.chat.jinja.Expressions.Name;
import dev.myelin.chat.jinja.Expressions.Negate;
import dev.myelin.chat.jinja.Expressions.Not;
import dev.myelin.chat.jinja.Expressions.Or;
import dev.myelin.chat.jinja.Expressions.Parameters;
import dev.myelin.chat.jinja.Expressions.Slice;
import dev.myelin.chat.jinja.Expressions.Tested;
import dev.myelin.chat.jinja.Lexer.Kind;
import dev.myelin.chat.jinja.Lexer.Token;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Recursive descent over Jinja2's grammar, loosest first: inline if, or, and, not, comparison, + -,
 * ~, * / // %, **, unary minus, then calls, attributes, filters and tests.
 */
final class ExpressionParser {
  private static final int DEEPEST = 100;
  private static final Set<String> COMPARISONS = Set.of("==", "!=", "<", "<=", ">", ">=");
  private static final Set<String> AFTER_TEST = Set.of("else", "or", "and", "if", "in", "not");

  private final List<Token> tokens;
  private int position;
  private int depth;

  ExpressionParser(String source) {
    this.tokens = Lexer.tokens(source);
  }

  Token peek() {
    return tokens.get(position);
  }

  Token next() {
    Token token = peek();
    if (token.kind() != Kind.END) {
      position++;
    }
    return token;
  }

  boolean accept(String text) {
    boolean found = peek().is(text);
    if (found) {
      position++;
    }
    return found;
  }

  void expect(String text) {
    if (!accept(text)) {
      throw new RenderFailure("'" + peek().text() + "': expected '" + text + "'");
    }
  }

  String name() {
    Token token = next();
    if (token.kind() != Kind.NAME) {
      throw new RenderFailure("'" + token.text() + "': expected a name");
    }
    return token.text();
  }

  void end() {
    if (peek().kind() != Kind.END) {
      throw new RenderFailure("'" + peek().text() + "' was not expected here");
    }
  }

  /** One expression, or several with commas between: a list. */
  Expression expressions() {
    Expression first = expression();
    if (!peek().is(",")) {
      return first;
    }
    List<Expression> items = new ArrayList<>(List.of(first));
    while (accept(",") && peek().kind() != Kind.END) {
      items.add(expression());
    }
    return new ListOf(items);
  }

  Expression expression() {
    if (++depth > DEEPEST) {
      throw new RenderFailure("an expression is nested too deeply");
    }
    Expression value = or();
    while (accept("if")) {
      Expression condition = or();
      Expression otherwise = accept("else") ? expression() : null;
      value = new Conditional(condition, value, otherwise);
    }
    depth--;
    return value;
  }

  /** What a loop goes over: its own {@code if} is not an inline one. */
  Expression or() {
    Expression left = and();
    while (accept("or")) {
      left = new Or(left, and());
    }
    return left;
  }

  private Expression and() {
    Expression left = not();
    while (accept("and")) {
      left = new And(left, not());
    }
    return left;
  }

  private Expression not() {
    int negations = 0;
    while (accept("not")) {
      negations++;
    }
    Expression operand = comparison();
    return switch (negations) {
      case 0 -> operand;
      default -> negations % 2 == 1 ? new Not(operand) : new Not(new Not(operand));
    };
  }

  private Expression comparison() {
    Expression first = sum();
    List<String> operators = new ArrayList<>();
    List<Expression> rest = new ArrayList<>();
    for (String operator = comparator(); operator != null; operator = comparator()) {
      operators.add(operator);
      rest.add(sum());
    }
    return operators.isEmpty() ? first : new Compare(first, operators, rest);
  }

  private String comparator() {
    Token token = peek();
    if (token.kind() == Kind.OPERATOR && COMPARISONS.contains(token.text())) {
      return next().text();
    }
    if (accept("in")) {
      return "in";
    }
    if (token.is("not") && tokens.get(position + 1).is("in")) {
      position += 2;
      return "not in";
    }
    return null;
  }

  private Expression sum() {
    Expression left = concatenation();
    while (peek().is("+") || peek().is("-")) {
      left = new Binary(next().text(), left, concatenation());
    }
    return left;
  }

  private Expression concatenation() {
    Expression left = product();
    while (accept("~")) {
      left = new Binary("~", left, product());
    }
    return left;
  }

  private Expression product() {
    Expression left = power();
    while (peek().is("*") || peek().is("/") || peek().is("//") || peek().is("%")) {
      left = new Binary(next().text(), left, power());
    }
    return left;
  }

  private Expression power() {
    Expression left = unary(true);
    while (accept("**")) {
      left = new Binary("**", left, unary(true));
    }
    return left;
  }

  private Expression unary(boolean filters) {
    if (++depth > DEEPEST) {
      throw new RenderFailure("an expression is nested too deeply");
    }
    Expression value;
    if (accept("-")) {
      value = new Negate(unary(false));
    } else if (accept("+")) {
      value = unary(false);
    } else {
      value = postfix(primary());
    }
    depth--;
    return filters ? filtersAndTests(value) : value;
  }

  private Expression primary() {
    Token token = next();
    return switch (token.kind()) {
      case NAME ->
          switch (token.text()) {
            case "true", "True" -> new Literal(true);
            case "false", "False" -> new Literal(false);
            case "none", "None" -> new Literal(None.NONE);
            default -> new Name(token.text());
          };
      case STRING -> {
        StringBuilder text = new StringBuilder(token.text());
        while (peek().kind() == Kind.STRING) {
          text.append(next().text());
        }
        yield new Literal(text.toString());
      }
      case INTEGER -> {
        try {
          yield new Literal(Long.parseLong(token.text()));
        } catch (NumberFormatException e) {
          throw new RenderFailure("'" + token.text() + "' is too large a number");
        }
      }
      case FLOAT -> new Literal(Double.parseDouble(token.text()));
      default ->
          switch (token.text()) {
            case "(" -> parenthesised();
            case "[" -> new ListOf(listed("]"));
            case "{" -> map();
            default -> throw new RenderFailure("'" + token.text() + "' was not expected here");
          };
    };
  }

  private Expression parenthesised() {
    if (accept(")")) {
      return new ListOf(List.of());
    }
    Expression first = expression();
    if (accept(")")) {
      return first;
    }
    expect(",");
    List<Expression> items = new ArrayList<>(List.of(first));
    items.addAll(listed(")"));
    return new ListOf(items);
  }

  private List<Expression> listed(String closing) {
    List<Expression> items = new ArrayList<>();
    while (!accept(closing)) {
      items.add(expression());
      if (!peek().is(closing)) {
        expect(",");
      }
    }
    return items;
  }

  private Expression map() {
    List<Expression> keys = new ArrayList<>();
    List<Expression> values = new ArrayList<>();
    while (!accept("}")) {
      keys.add(expression());
      expect(":");
      values.add(expression());
      if (!peek().is("}")) {
        expect(",");
      }
    }
    return new MapOf(keys, values);
  }

  private Expression postfix(Expression start) {
    Expression value = start;
    while (true) {
      if (accept(".")) {
        Token token = next();
        value =
            token.kind() == Kind.INTEGER
                ? new Item(value, new Literal(Long.parseLong(token.text())))
                : new Attribute(value, requireName(token));
      } else if (accept("[")) {
        value = subscript(value);
      } else if (accept("(")) {
        value = new Call(value, parameters());
      } else {
        return value;
      }
    }
  }

  private static String requireName(Token token) {
    if (token.kind() != Kind.NAME) {
      throw new RenderFailure("'" + token.text() + "' after '.': expected a name");
    }
    return token.text();
  }

  private Expression subscript(Expression owner) {
    Expression start = peek().is(":") ? null : expression();
    if (accept("]")) {
      return new Item(owner, start);
    }
    expect(":");
    Expression stop = peek().is(":") || peek().is("]") ? null : expression();
    Expression step = null;
    if (accept(":") && !peek().is("]")) {
      step = expression();
    }
    expect("]");
    return new Slice(owner, start, stop, step);
  }

  /** What follows an opening parenthesis, up to the closing one. */
  private Parameters parameters() {
    List<Expression> positional = new ArrayList<>();
    Map<String, Expression> named = new LinkedHashMap<>();
    while (!accept(")")) {
      if (peek().kind() == Kind.NAME && tokens.get(position + 1).is("=")) {
        String name = name();
        expect("=");
        named.put(name, expression());
      } else {
        positional.add(expression());
      }
      if (!peek().is(")")) {
        expect(",");
      }
    }
    return new Parameters(positional, named);
  }

  /** {@code | name(...)} and {@code is name(...)}, as many as follow. */
  Expression filtersAndTests(Expression start) {
    Expression value = start;
    while (true) {
      if (accept("|")) {
        String name = name();
        Parameters parameters = accept("(") ? parameters() : NO_PARAMETERS;
        value = new Filtered(value, name, Filters.find(name), parameters);
      } else if (accept("is")) {
        value = test(value);
      } else if (peek().is("(")) {
        next();
        value = new Call(value, parameters());
      } else {
        return value;
      }
    }
  }

  private static final Parameters NO_PARAMETERS = new Parameters(List.of(), Map.of());

  private Expression test(Expression value) {
    boolean negated = accept("not");
    String name = name();
    Parameters parameters = NO_PARAMETERS;
    Token token = peek();
    if (accept("(")) {
      parameters = parameters();
    } else if (startsArgument(token)) {
      parameters = new Parameters(List.of(postfix(primary())), Map.of());
    }
    Expression tested = new Tested(value, name, Tests.find(name), parameters);
    return negated ? new Not(tested) : tested;
  }

  private static boolean startsArgument(Token token) {
    return switch (token.kind()) {
      case STRING, INTEGER, FLOAT -> true;
      case NAME -> !AFTER_TEST.contains(token.text()) && !token.text().equals("is");
      case OPERATOR -> token.text().equals("[") || token.text().equals("{");
      case END -> false;
    };
  }
}
