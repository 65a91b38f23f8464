package dev.myelin.chat.jinja;

import com.hubspot.jinjava.Jinjava;
import com.hubspot.jinjava.JinjavaConfig;
import com.hubspot.jinjava.interpret.Context;
import com.hubspot.jinjava.interpret.JinjavaInterpreter;
import com.hubspot.jinjava.interpret.TemplateError;
import com.hubspot.jinjava.tree.Node;
import java.time.ZonedDateTime;
import java.util.List;

/**
 * One rendering. Jinjava walks its nodes and asks here for the value of an expression and for the
 * text of a value; variables live in {@link Scope}, out of Jinjava's reach.
 */
final class Render extends JinjavaInterpreter {
  /** What the innermost loop is asked to do. */
  enum Jump {
    NONE,
    CONTINUE,
    BREAK
  }

  private static final int DEEPEST = 100;

  private final Syntax syntax;
  private final Budget budget;
  private final ZonedDateTime now;
  private Scope scope = new Scope(null);
  private Jump jump = Jump.NONE;
  private int depth;

  Render(
      Jinjava jinjava,
      Context context,
      JinjavaConfig config,
      Syntax syntax,
      Budget budget,
      ZonedDateTime now) {
    super(jinjava, context, config);
    this.syntax = syntax;
    this.budget = budget;
    this.now = now;
    Functions.ALL.forEach(scope::set);
  }

  Syntax syntax() {
    return syntax;
  }

  Scope scope() {
    return scope;
  }

  ZonedDateTime now() {
    return now;
  }

  void spend(long units) {
    budget.spend(units);
  }

  /** Pays for text that is about to be made by copying. */
  void spendText(long characters) {
    budget.spend(1 + characters / Budget.CHARACTERS_A_UNIT);
  }

  void jump(Jump next) {
    jump = next;
  }

  /** What a loop's body asked for; asking clears it. */
  Jump takeJump() {
    Jump asked = jump;
    jump = Jump.NONE;
    return asked;
  }

  /** Renders nodes in the present scope, up to a jump. */
  String children(List<? extends Node> nodes) {
    if (++depth > DEEPEST) {
      throw new RenderFailure("tags or macros are nested too deeply");
    }
    StringBuilder text = new StringBuilder();
    for (Node node : nodes) {
      String each = node.render(this).getValue();
      spendText(each.length());
      text.append(each);
      if (jump != Jump.NONE) {
        break;
      }
    }
    depth--;
    return text.toString();
  }

  /** Renders nodes in a scope of their own. */
  String children(List<? extends Node> nodes, Scope inner) {
    Scope outer = scope;
    scope = inner;
    try {
      return children(nodes);
    } finally {
      scope = outer;
    }
  }

  Object evaluate(Expression expression, Scope inner) {
    Scope outer = scope;
    scope = inner;
    try {
      return expression.value(this);
    } finally {
      scope = outer;
    }
  }

  @Override
  public Object resolveELExpression(String expression, int line) {
    setLineNumber(line);
    return syntax.expression(expression).value(this);
  }

  @Override
  public String getAsString(Object value) {
    return Text.of(value, this);
  }

  /** Jinjava collects errors and goes on; a prompt is right or it is refused. */
  @Override
  public void addError(TemplateError error) {
    if (error.getLineno() > 0) {
      setLineNumber(error.getLineno());
    }
    throw new RenderFailure(error.getMessage());
  }
}
