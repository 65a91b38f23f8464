package dev.myelin.chat.template;

import dev.myelin.chat.template.Token.Kind;
import java.util.List;

/** The tokens of a template, read in order. */
final class TokenStream {
  private final List<Token> tokens;
  private int position;

  TokenStream(List<Token> tokens) {
    this.tokens = tokens;
  }

  Token peek() {
    return tokens.get(position);
  }

  /** The token after the next one. */
  Token peekSecond() {
    return tokens.get(Math.min(position + 1, tokens.size() - 1));
  }

  Token next() {
    Token token = tokens.get(position);
    if (position < tokens.size() - 1) {
      position++;
    }
    return token;
  }

  boolean acceptName(String name) {
    return peek().isName(name) && next() != null;
  }

  boolean acceptOperator(String operator) {
    return peek().isOperator(operator) && next() != null;
  }

  Token expectOperator(String operator) {
    if (!peek().isOperator(operator)) {
      throw expected("'" + operator + "'");
    }
    return next();
  }

  Token expectName() {
    if (!peek().is(Kind.NAME)) {
      throw expected("a name");
    }
    return next();
  }

  void expect(Kind kind, String shown) {
    if (!peek().is(kind)) {
      throw expected("'" + shown + "'");
    }
    next();
  }

  private TemplateError expected(String what) {
    return new TemplateError("'" + peek().text() + "': expected " + what, peek().offset());
  }

  TemplateError unexpected() {
    return new TemplateError("'" + peek().text() + "' is unexpected", peek().offset());
  }
}
