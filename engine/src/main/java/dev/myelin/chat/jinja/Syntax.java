package dev.myelin.chat.jinja;

import dev.myelin.chat.jinja.Expressions.Name;
import dev.myelin.chat.jinja.Lexer.Kind;
import dev.myelin.chat.jinja.Lexer.Token;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;

/** What stands inside the tags of one template, parsed once. */
final class Syntax {
  /** The name under which a block's own text is found by its filters; no template can write it. */
  static final String BODY = " body";

  /** {@code for targets in items if condition}; the condition may be null. */
  record For(List<String> targets, Expression items, Expression condition) {}

  /** {@code macro name(parameters)}; a default may be null. */
  record MacroHeader(String name, List<String> parameters, List<Expression> defaults) {}

  /**
   * {@code set targets = value}; a target may be an attribute of a namespace. In a block set the
   * value reads {@link #BODY}.
   */
  record Assignment(List<String> targets, Expression value) {}

  private final Map<String, Object> parsed = new ConcurrentHashMap<>();

  Expression expression(String source) {
    return once("expression", source, parser -> parser.expressions());
  }

  For forHeader(String source) {
    return once(
        "for",
        source,
        parser -> {
          List<String> targets = targets(parser);
          parser.expect("in");
          Expression items = parser.or();
          Expression condition = parser.accept("if") ? parser.expression() : null;
          if (parser.peek().is("recursive")) {
            throw new RenderFailure("recursive loops are not supported");
          }
          return new For(targets, items, condition);
        });
  }

  MacroHeader macroHeader(String source) {
    return once(
        "macro",
        source,
        parser -> {
          String name = parser.name();
          List<String> parameters = new ArrayList<>();
          List<Expression> defaults = new ArrayList<>();
          parser.expect("(");
          while (!parser.accept(")")) {
            parameters.add(parser.name());
            defaults.add(parser.accept("=") ? parser.expression() : null);
            if (!parser.peek().is(")")) {
              parser.expect(",");
            }
          }
          return new MacroHeader(name, parameters, defaults);
        });
  }

  Assignment assignment(String source) {
    return once(
        "set",
        source,
        parser -> {
          List<String> targets = targets(parser);
          Expression value =
              parser.accept("=") ? parser.expressions() : parser.filtersAndTests(new Name(BODY));
          return new Assignment(targets, value);
        });
  }

  /** The filters of a filter block, applied to {@link #BODY}. */
  Expression filters(String source) {
    return once("filter", "|" + source, parser -> parser.filtersAndTests(new Name(BODY)));
  }

  /** Whether a set tag has its value in it, and so no end tag. */
  static boolean isInline(String source) {
    for (Token token : Lexer.tokens(source)) {
      if (token.is("=")) {
        return true;
      }
      boolean target =
          token.kind() == Kind.NAME
              || (token.kind() == Kind.OPERATOR && ".,()".contains(token.text()));
      if (!target) {
        return false;
      }
    }
    return false;
  }

  private static List<String> targets(ExpressionParser parser) {
    boolean bracketed = parser.accept("(");
    List<String> targets = new ArrayList<>();
    do {
      String name = parser.name();
      targets.add(parser.accept(".") ? name + "." + parser.name() : name);
    } while (parser.accept(","));
    if (bracketed) {
      parser.expect(")");
    }
    return targets;
  }

  private <T> T once(String kind, String source, Function<ExpressionParser, T> parse) {
    String key = kind + " " + source;
    Object known = parsed.get(key);
    if (known == null) {
      ExpressionParser parser = new ExpressionParser(source);
      known = parse.apply(parser);
      parser.end();
      parsed.put(key, known);
    }
    @SuppressWarnings("unchecked") // the kind in the key decides the type
    T result = (T) known;
    return result;
  }
}
