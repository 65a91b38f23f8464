package dev.myelin.chat.template;

import dev.myelin.chat.template.Token.Kind;
import java.util.List;

/** The tokens of a template, read from first to last. */
final class Tokens {
  private final List<Token> tokens;
  private int next;

  Tokens(List<Token> tokens) {
    this.tokens = tokens;
  }

  Token peek() {
    return tokens.get(next);
  }

  /** The token after the next one. */
  Token peekSecond() {
    return tokens.get(Math.min(next + 1, tokens.size() - 1));
  }

  Token take() {
    Token token = tokens.get(next);
    if (next < tokens.size() - 1) {
      next++;
    }
    return token;
  }

  boolean takeName(String name) {
    return peek().name(name) && take() != null;
  }

  boolean takeOperator(String operator) {
    return peek().operator(operator) && take() != null;
  }

  Token expectOperator(String operator) {
    if (!peek().operator(operator)) {
      throw expected("'" + operator + "'");
    }
    return take();
  }

  Token expectName() {
    if (!peek().is(Kind.NAME)) {
      throw expected("a name");
    }
    return take();
  }

  void expect(Kind kind, String shown) {
    if (!peek().is(kind)) {
      throw expected("'" + shown + "'");
    }
    take();
  }

  private Failure expected(String what) {
    return new Failure("'" + peek().text() + "': expected " + what, peek().at());
  }

  Failure unexpected() {
    return new Failure("'" + peek().text() + "' was not expected here", peek().at());
  }
}
