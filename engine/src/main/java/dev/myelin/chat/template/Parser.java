package dev.myelin.chat.template;

import dev.myelin.chat.template.Token.Kind;
import java.util.ArrayList;
import java.util.List;

/** Statements. A new one is a line in {@link #statement} and its code. */
final class Parser extends ExpressionParser {
  private static final int DEEPEST = 100;

  private final MacroUse use;
  private Token open; // the tag whose end is looked for, for errors
  private int loops; // around here, inside the innermost macro
  private int depth;

  private Parser(Tokens tokens, MacroUse use) {
    super(tokens, use);
    this.use = use;
  }

  static Body parse(String source) {
    return new Parser(new Tokens(Lexer.lex(source)), new MacroUse()).body();
  }

  /** Statements up to a tag of one of these names, of which the name is not yet taken. */
  private Body body(String... ends) {
    List<Stmt> statements = new ArrayList<>();
    int at = tokens.peek().at();
    while (true) {
      Token token = tokens.take();
      switch (token.kind()) {
        case DATA -> statements.add(new Statements.Text(token.at(), token.text()));
        case OUTPUT_BEGIN -> {
          statements.add(new Statements.Output(token.at(), tuple(true)));
          tokens.expect(Kind.OUTPUT_END, "}}");
        }
        case TAG_BEGIN -> {
          Token name = tokens.peek();
          for (String end : ends) {
            if (name.name(end)) {
              return new Body(at, statements);
            }
          }
          statements.add(tag());
        }
        default -> {
          if (open == null) {
            return new Body(at, statements);
          }
          throw new Failure(
              "'" + ends[ends.length - 1] + "' is missing for '" + open.text() + "'", open.at());
        }
      }
    }
  }

  private Stmt tag() {
    Token name = tokens.expectName();
    Token outer = open;
    if (++depth > DEEPEST) {
      throw new Failure("nested too deeply", name.at());
    }
    Stmt statement = statement(name, outer);
    depth--;
    open = outer;
    tokens.expect(Kind.TAG_END, "%}");
    return statement;
  }

  private Stmt statement(Token name, Token outer) {
    int at = name.at();
    open = name;
    return switch (name.text()) {
      case "if" -> ifBlock(at);
      case "for" -> forBlock(at);
      case "set" -> set(at);
      case "macro" -> macro(at);
      case "call" -> call(at);
      case "filter" -> filterBlock(at);
      case "with" -> with(at);
      case "generation" -> new Blocks.Scoped(at, block("endgeneration"), null, false);
      case "block" -> namedBlock(at);
      case "autoescape" -> {
        Expr on = expression();
        yield new Blocks.Scoped(at, block("endautoescape"), on, false);
      }
      case "print" -> print(at);
      case "break" -> jump(name, Render.Jump.BREAK);
      case "continue" -> jump(name, Render.Jump.CONTINUE);
      case "else", "elif" ->
          throw new Failure("'" + name.text() + "' belongs to no 'if' or 'for'", at);
      case "include", "import", "from", "extends" ->
          throw new Failure("the tag '" + name.text() + "' is not supported", at);
      default -> throw unknown(name, outer);
    };
  }

  private static Failure unknown(Token name, Token outer) {
    if (!name.text().startsWith("end")) {
      return new Failure("the tag '" + name.text() + "' is not known", name.at());
    }
    String message = "'" + name.text() + "' has no start tag";
    return new Failure(
        outer == null ? message : message + ": expected 'end" + outer.text() + "'", name.at());
  }

  /** The rest of a start tag, its body, and the end tag up to its delimiter. */
  private Body block(String end) {
    tokens.expect(Kind.TAG_END, "%}");
    Body body = body(end);
    tokens.take();
    return body;
  }

  private Stmt ifBlock(int at) {
    List<Expr> conditions = new ArrayList<>();
    List<Body> bodies = new ArrayList<>();
    do {
      conditions.add(tuple(false));
      tokens.expect(Kind.TAG_END, "%}");
      bodies.add(body("elif", "else", "endif"));
    } while (tokens.takeName("elif"));
    Body otherwise = null;
    if (tokens.takeName("else")) {
      otherwise = block("endif");
    } else {
      tokens.take();
    }
    return new Statements.If(at, conditions, bodies, otherwise);
  }

  private Stmt forBlock(int at) {
    Target target = target(false);
    if (!tokens.takeName("in")) {
      throw new Failure("'" + tokens.peek().text() + "': expected 'in'", tokens.peek().at());
    }
    Expr items = tuple(false);
    Expr test = tokens.takeName("if") ? expression() : null;
    boolean recursive = tokens.takeName("recursive");
    tokens.expect(Kind.TAG_END, "%}");
    loops++;
    Body body = body("else", "endfor");
    loops--;
    Body otherwise = null;
    if (tokens.takeName("else")) {
      otherwise = block("endfor");
    } else {
      tokens.take();
    }
    return new For(at, target, items, test, body, otherwise, recursive);
  }

  /**
   * @param attributes whether a namespace's attributes can be assigned to
   */
  private Target target(boolean attributes) {
    int at = tokens.peek().at();
    List<Target> targets = new ArrayList<>();
    boolean comma;
    do {
      targets.add(singleTarget(attributes));
      comma = tokens.takeOperator(",");
    } while (comma
        && (tokens.peek().is(Kind.NAME) && !tokens.peek().name("in")
            || tokens.peek().operator("(")));
    return targets.size() == 1 && !comma ? targets.get(0) : new Target.Several(at, targets);
  }

  private Target singleTarget(boolean attributes) {
    if (tokens.peek().operator("(")) {
      Token bracket = tokens.take();
      enter(bracket);
      Target inside = target(attributes);
      leave();
      tokens.expectOperator(")");
      return inside;
    }
    Token name = tokens.expectName();
    switch (name.text()) {
      case "true", "True", "false", "False", "none", "None":
        throw new Failure("'" + name.text() + "' cannot be assigned to", name.at());
      default:
    }
    if (attributes && tokens.takeOperator(".")) {
      return new Target.Attribute(name.at(), name.text(), tokens.expectName().text());
    }
    return new Target.Name(name.at(), name.text());
  }

  private Stmt set(int at) {
    Target target = target(true);
    if (tokens.takeOperator("=")) {
      return new Statements.Set(at, target, tuple(true));
    }
    Calls.Filter filter = tokens.takeOperator("|") ? blockFilter() : null;
    return new Blocks.SetBlock(at, target, filter, block("endset"));
  }

  /** The filters of a block, whose text goes into the first. */
  private Calls.Filter blockFilter() {
    Calls.Filter filter = filter(null);
    while (tokens.takeOperator("|")) {
      filter = filter(filter);
    }
    return filter;
  }

  private Stmt filterBlock(int at) {
    Calls.Filter filter = blockFilter();
    return new Blocks.FilterBlock(at, filter, block("endfilter"));
  }

  private Stmt macro(int at) {
    return new Blocks.MacroBlock(at, code(tokens.expectName().text(), "endmacro"));
  }

  private Stmt call(int at) {
    List<String> names = new ArrayList<>();
    List<Expr> defaults = new ArrayList<>();
    if (tokens.peek().operator("(")) {
      signature(names, defaults);
    }
    Expr call = expression();
    if (!(call instanceof Calls.Call)) {
      throw new Failure("call: expected a call of a macro", call.at);
    }
    return new Blocks.CallBlock(at, (Calls.Call) call, code("caller", names, defaults, "endcall"));
  }

  private Macro.Code code(String name, String end) {
    List<String> names = new ArrayList<>();
    List<Expr> defaults = new ArrayList<>();
    signature(names, defaults);
    return code(name, names, defaults, end);
  }

  private Macro.Code code(String name, List<String> names, List<Expr> defaults, String end) {
    MacroUse before = use.begin();
    int outerLoops = loops;
    loops = 0;
    Body body = block(end);
    loops = outerLoops;
    Macro.Code code =
        new Macro.Code(name, names, defaults, body, use.rest(), use.keywords(), use.caller());
    use.end(before);
    return code;
  }

  private void signature(List<String> names, List<Expr> defaults) {
    tokens.expectOperator("(");
    while (!tokens.takeOperator(")")) {
      if (!names.isEmpty()) {
        tokens.expectOperator(",");
        if (tokens.takeOperator(")")) {
          return;
        }
      }
      Token name = tokens.expectName();
      if (names.size() == Postfix.MOST_NAMES) {
        throw new Failure("more than " + Postfix.MOST_NAMES + " parameters", name.at());
      }
      if (names.contains(name.text())) {
        throw new Failure("parameter '" + name.text() + "' is named twice", name.at());
      }
      names.add(name.text());
      Expr value = tokens.takeOperator("=") ? expression() : null;
      if (value == null && !defaults.isEmpty() && defaults.getLast() != null) {
        throw new Failure("parameter '" + name.text() + "' needs a default", name.at());
      }
      defaults.add(value);
    }
  }

  private Stmt with(int at) {
    List<Target> targets = new ArrayList<>();
    List<Expr> values = new ArrayList<>();
    while (!tokens.peek().is(Kind.TAG_END)) {
      if (!targets.isEmpty()) {
        tokens.expectOperator(",");
      }
      targets.add(singleTarget(false));
      tokens.expectOperator("=");
      values.add(expression());
    }
    return new Blocks.With(at, targets, values, block("endwith"));
  }

  private Stmt namedBlock(int at) {
    String name = tokens.expectName().text();
    boolean scoped = tokens.takeName("scoped");
    if (tokens.peek().name("required")) {
      throw new Failure("block '" + name + "' is required, and nothing extends it", at);
    }
    Body body = block("endblock");
    tokens.takeName(name);
    return new Blocks.Scoped(at, body, null, !scoped);
  }

  private Stmt print(int at) {
    List<Stmt> outputs = new ArrayList<>();
    do {
      outputs.add(new Statements.Output(at, expression()));
    } while (tokens.takeOperator(","));
    return new Body(at, outputs);
  }

  private Stmt jump(Token name, Render.Jump jump) {
    if (loops == 0) {
      throw new Failure("'" + name.text() + "' outside of a loop", name.at());
    }
    return new Statements.JumpTo(name.at(), jump);
  }
}
