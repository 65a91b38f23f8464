package dev.myelin.chat.template;

import dev.myelin.chat.template.Token.Kind;
import java.util.ArrayList;
import java.util.List;

/** Parses statements. A new one is a line in {@link #statement} and its method. */
final class Parser extends ExpressionParser {
  private static final int MAX_DEPTH = 100;

  private final ImplicitArguments implicitArguments;
  private Token openTag; // the innermost open tag, for error messages
  private int loopDepth; // enclosing loops inside the innermost macro
  private int depth;

  private Parser(TokenStream tokens, ImplicitArguments implicitArguments) {
    super(tokens, implicitArguments);
    this.implicitArguments = implicitArguments;
  }

  static Body parse(String source) {
    return new Parser(new TokenStream(Lexer.tokenize(source)), new ImplicitArguments()).body();
  }

  /** Parses statements up to one of these end tags. The name of the end tag is the next token. */
  private Body body(String... ends) {
    List<Statement> statements = new ArrayList<>();
    int at = tokens.peek().offset();
    while (true) {
      Token token = tokens.next();
      switch (token.kind()) {
        case DATA ->
            statements.add(new SimpleStatements.TemplateData(token.offset(), token.text()));
        case OUTPUT_BEGIN -> {
          statements.add(new SimpleStatements.Output(token.offset(), tuple(true)));
          tokens.expect(Kind.OUTPUT_END, "}}");
        }
        case TAG_BEGIN -> {
          Token name = tokens.peek();
          for (String end : ends) {
            if (name.isName(end)) {
              return new Body(at, statements);
            }
          }
          statements.add(tag());
        }
        default -> {
          if (openTag == null) {
            return new Body(at, statements);
          }
          throw new TemplateError(
              "'" + ends[ends.length - 1] + "' is missing for '" + openTag.text() + "'",
              openTag.offset());
        }
      }
    }
  }

  private Statement tag() {
    Token name = tokens.expectName();
    Token outer = openTag;
    if (++depth > MAX_DEPTH) {
      throw new TemplateError("nested too deeply", name.offset());
    }
    Statement statement = statement(name, outer);
    depth--;
    openTag = outer;
    tokens.expect(Kind.TAG_END, "%}");
    return statement;
  }

  private Statement statement(Token name, Token outer) {
    int at = name.offset();
    openTag = name;
    return switch (name.text()) {
      case "if" -> ifBlock(at);
      case "for" -> forBlock(at);
      case "set" -> setStatement(at);
      case "macro" -> macroStatement(at);
      case "call" -> callBlock(at);
      case "filter" -> filterBlock(at);
      case "with" -> withBlock(at);
      case "generation" -> new BlockStatements.ScopedBlock(at, block("endgeneration"), null, false);
      case "block" -> namedBlock(at);
      case "autoescape" -> {
        Expression on = expression();
        yield new BlockStatements.ScopedBlock(at, block("endautoescape"), on, false);
      }
      case "print" -> printStatement(at);
      case "break" -> loopControl(name, RenderContext.Jump.BREAK);
      case "continue" -> loopControl(name, RenderContext.Jump.CONTINUE);
      case "else", "elif" ->
          throw new TemplateError("'" + name.text() + "' belongs to no 'if' or 'for'", at);
      case "include", "import", "from", "extends" ->
          throw new TemplateError("the tag '" + name.text() + "' is not supported", at);
      default -> throw unknownTag(name, outer);
    };
  }

  private static TemplateError unknownTag(Token name, Token outer) {
    if (!name.text().startsWith("end")) {
      return new TemplateError("the tag '" + name.text() + "' is not known", name.offset());
    }
    String message = "'" + name.text() + "' has no start tag";
    return new TemplateError(
        outer == null ? message : message + ": expected 'end" + outer.text() + "'", name.offset());
  }

  /** Parses the end of a start tag, the body, and the name of the end tag. */
  private Body block(String end) {
    tokens.expect(Kind.TAG_END, "%}");
    Body body = body(end);
    tokens.next();
    return body;
  }

  private Statement ifBlock(int at) {
    List<Expression> conditions = new ArrayList<>();
    List<Body> bodies = new ArrayList<>();
    do {
      conditions.add(tuple(false));
      tokens.expect(Kind.TAG_END, "%}");
      bodies.add(body("elif", "else", "endif"));
    } while (tokens.acceptName("elif"));
    Body elseBody = null;
    if (tokens.acceptName("else")) {
      elseBody = block("endif");
    } else {
      tokens.next();
    }
    return new SimpleStatements.If(at, conditions, bodies, elseBody);
  }

  private Statement forBlock(int at) {
    Target target = target(false);
    if (!tokens.acceptName("in")) {
      throw new TemplateError(
          "'" + tokens.peek().text() + "': expected 'in'", tokens.peek().offset());
    }
    Expression items = tuple(false);
    Expression filter = tokens.acceptName("if") ? expression() : null;
    boolean recursive = tokens.acceptName("recursive");
    tokens.expect(Kind.TAG_END, "%}");
    loopDepth++;
    Body body = body("else", "endfor");
    loopDepth--;
    Body elseBody = null;
    if (tokens.acceptName("else")) {
      elseBody = block("endfor");
    } else {
      tokens.next();
    }
    return new ForStatement(at, target, items, filter, body, elseBody, recursive);
  }

  /**
   * @param allowAttributes whether attributes of a namespace are allowed
   */
  private Target target(boolean allowAttributes) {
    int at = tokens.peek().offset();
    List<Target> targets = new ArrayList<>();
    boolean comma;
    do {
      targets.add(singleTarget(allowAttributes));
      comma = tokens.acceptOperator(",");
    } while (comma
        && (tokens.peek().is(Kind.NAME) && !tokens.peek().isName("in")
            || tokens.peek().isOperator("(")));
    return targets.size() == 1 && !comma ? targets.get(0) : new Target.TupleTarget(at, targets);
  }

  private Target singleTarget(boolean allowAttributes) {
    if (tokens.peek().isOperator("(")) {
      Token bracket = tokens.next();
      enterNesting(bracket);
      Target inside = target(allowAttributes);
      leaveNesting();
      tokens.expectOperator(")");
      return inside;
    }
    Token name = tokens.expectName();
    switch (name.text()) {
      case "true", "True", "false", "False", "none", "None":
        throw new TemplateError("'" + name.text() + "' cannot be assigned to", name.offset());
      default:
    }
    if (allowAttributes && tokens.acceptOperator(".")) {
      return new Target.NamespaceAttribute(name.offset(), name.text(), tokens.expectName().text());
    }
    return new Target.Name(name.offset(), name.text());
  }

  private Statement setStatement(int at) {
    Target target = target(true);
    if (tokens.acceptOperator("=")) {
      return new SimpleStatements.Set(at, target, tuple(true));
    }
    CallExpressions.FilterCall filter = tokens.acceptOperator("|") ? blockFilter() : null;
    return new BlockStatements.SetBlock(at, target, filter, block("endset"));
  }

  /** The filters of a block; the first one receives its text. */
  private CallExpressions.FilterCall blockFilter() {
    CallExpressions.FilterCall filter = filter(null);
    while (tokens.acceptOperator("|")) {
      filter = filter(filter);
    }
    return filter;
  }

  private Statement filterBlock(int at) {
    CallExpressions.FilterCall filter = blockFilter();
    return new BlockStatements.FilterBlock(at, filter, block("endfilter"));
  }

  private Statement macroStatement(int at) {
    return new BlockStatements.MacroDefinition(
        at, macroDefinition(tokens.expectName().text(), "endmacro"));
  }

  private Statement callBlock(int at) {
    List<String> names = new ArrayList<>();
    List<Expression> defaults = new ArrayList<>();
    if (tokens.peek().isOperator("(")) {
      parameters(names, defaults);
    }
    Expression call = expression();
    if (!(call instanceof CallExpressions.Call)) {
      throw new TemplateError("call: expected a call of a macro", call.offset);
    }
    return new BlockStatements.CallBlock(
        at, (CallExpressions.Call) call, macroDefinition("caller", names, defaults, "endcall"));
  }

  private Macro.Definition macroDefinition(String name, String end) {
    List<String> names = new ArrayList<>();
    List<Expression> defaults = new ArrayList<>();
    parameters(names, defaults);
    return macroDefinition(name, names, defaults, end);
  }

  private Macro.Definition macroDefinition(
      String name, List<String> names, List<Expression> defaults, String end) {
    ImplicitArguments outer = implicitArguments.enterMacro();
    int outerLoopDepth = loopDepth;
    loopDepth = 0;
    Body body = block(end);
    loopDepth = outerLoopDepth;
    Macro.Definition definition =
        new Macro.Definition(
            name,
            names,
            defaults,
            body,
            implicitArguments.varargs(),
            implicitArguments.kwargs(),
            implicitArguments.caller());
    implicitArguments.leaveMacro(outer);
    return definition;
  }

  private void parameters(List<String> names, List<Expression> defaults) {
    tokens.expectOperator("(");
    while (!tokens.acceptOperator(")")) {
      if (!names.isEmpty()) {
        tokens.expectOperator(",");
        if (tokens.acceptOperator(")")) {
          return;
        }
      }
      Token name = tokens.expectName();
      if (names.size() == PostfixParser.MAX_KEYWORDS) {
        throw new TemplateError(
            "more than " + PostfixParser.MAX_KEYWORDS + " parameters", name.offset());
      }
      if (names.contains(name.text())) {
        throw new TemplateError("parameter '" + name.text() + "' is named twice", name.offset());
      }
      names.add(name.text());
      Expression value = tokens.acceptOperator("=") ? expression() : null;
      if (value == null && !defaults.isEmpty() && defaults.getLast() != null) {
        throw new TemplateError("parameter '" + name.text() + "' needs a default", name.offset());
      }
      defaults.add(value);
    }
  }

  private Statement withBlock(int at) {
    List<Target> targets = new ArrayList<>();
    List<Expression> values = new ArrayList<>();
    while (!tokens.peek().is(Kind.TAG_END)) {
      if (!targets.isEmpty()) {
        tokens.expectOperator(",");
      }
      targets.add(singleTarget(false));
      tokens.expectOperator("=");
      values.add(expression());
    }
    return new BlockStatements.With(at, targets, values, block("endwith"));
  }

  private Statement namedBlock(int at) {
    String name = tokens.expectName().text();
    boolean scoped = tokens.acceptName("scoped");
    if (tokens.peek().isName("required")) {
      throw new TemplateError("block '" + name + "' is required, and nothing extends it", at);
    }
    Body body = block("endblock");
    tokens.acceptName(name);
    return new BlockStatements.ScopedBlock(at, body, null, !scoped);
  }

  private Statement printStatement(int at) {
    List<Statement> outputs = new ArrayList<>();
    do {
      outputs.add(new SimpleStatements.Output(at, expression()));
    } while (tokens.acceptOperator(","));
    return new Body(at, outputs);
  }

  private Statement loopControl(Token name, RenderContext.Jump jump) {
    if (loopDepth == 0) {
      throw new TemplateError("'" + name.text() + "' outside of a loop", name.offset());
    }
    return new SimpleStatements.LoopControl(name.offset(), jump);
  }
}
