package dev.myelin.chat.template;

import java.util.List;

/** Expressions with operators. */
final class Operations {
  private Operations() {}

  /** One of + - * / // % **. */
  static final class Binary extends Expr {
    private final String operator;
    private final Expr left;
    private final Expr right;

    Binary(int at, String operator, Expr left, Expr right) {
      super(at);
      this.operator = operator;
      this.left = part(left);
      this.right = part(right);
    }

    @Override
    Object evaluate(Render render) {
      Object a = left.evaluate(render);
      Object b = right.evaluate(render);
      render.step(at);
      return Arithmetic.compute(operator, a, b, render);
    }
  }

  /** The operator ~. */
  static final class Concat extends Expr {
    private final List<Expr> operands;

    Concat(int at, List<Expr> operands) {
      super(at);
      this.operands = parts(operands);
    }

    @Override
    Object evaluate(Render render) {
      Object[] values = new Object[operands.size()];
      boolean markup = false;
      for (int i = 0; i < values.length; i++) {
        values[i] = operands.get(i).evaluate(render);
        markup |= values[i] instanceof Str text && text.markup;
      }
      render.step(at);
      markup &= render.autoescape;
      StrBuilder text = new StrBuilder(render.budget);
      for (Object value : values) {
        text.append(markup ? Html.escape(value, render) : Repr.text(value, render.budget));
      }
      return text.str().markup(markup);
    }
  }

  static final class Not extends Expr {
    private final Expr operand;

    Not(int at, Expr operand) {
      super(at);
      this.operand = part(operand);
    }

    @Override
    Object evaluate(Render render) {
      render.step(at);
      return !Values.truth(operand.evaluate(render));
    }
  }

  static final class Sign extends Expr {
    private final boolean minus;
    private final Expr operand;

    Sign(int at, boolean minus, Expr operand) {
      super(at);
      this.minus = minus;
      this.operand = part(operand);
    }

    @Override
    Object evaluate(Render render) {
      Object value = Values.defined(operand.evaluate(render));
      render.step(at);
      if (!Values.number(value)) {
        throw new Failure("'" + (minus ? "-" : "+") + "' before '" + Values.type(value) + "'");
      }
      return minus ? Numbers.negate(value) : Numbers.plain(value);
    }
  }

  /** {@code and}, {@code or}: the operand that decides. */
  static final class Logical extends Expr {
    private final boolean and;
    private final Expr left;
    private final Expr right;

    Logical(int at, boolean and, Expr left, Expr right) {
      super(at);
      this.and = and;
      this.left = part(left);
      this.right = part(right);
    }

    @Override
    Object evaluate(Render render) {
      render.step(at);
      Object value = left.evaluate(render);
      return Values.truth(value) == and ? right.evaluate(render) : value;
    }
  }

  /** A chain of comparisons: {@code a < b <= c}. */
  static final class Comparison extends Expr {
    private final Expr first;
    private final List<String> operators;
    private final List<Expr> others;

    Comparison(int at, Expr first, List<String> operators, List<Expr> others) {
      super(at);
      this.first = part(first);
      this.operators = operators;
      this.others = parts(others);
    }

    @Override
    Object evaluate(Render render) {
      Object left = first.evaluate(render);
      for (int i = 0; i < others.size(); i++) {
        Object right = others.get(i).evaluate(render);
        render.step(at);
        if (!holds(operators.get(i), left, right, render.budget)) {
          return false;
        }
        left = right;
      }
      return true;
    }

    static boolean holds(String operator, Object a, Object b, Budget budget) {
      switch (operator) {
        case "==":
          return Compare.equal(a, b, budget);
        case "!=":
          return !Compare.equal(a, b, budget);
        case "in":
          return Compare.contains(b, a, budget);
        case "not in":
          return !Compare.contains(b, a, budget);
        default:
          int order = Compare.order(a, b, operator, budget);
          boolean holds = operator.charAt(0) == '<' ? order < 0 : order > 0;
          return (holds || order == 0 && operator.length() == 2) && !Numbers.unordered(a, b);
      }
    }
  }

  static final class Conditional extends Expr {
    private final Expr condition;
    private final Expr then;
    private final Expr otherwise; // may be null

    Conditional(int at, Expr condition, Expr then, Expr otherwise) {
      super(at);
      this.condition = part(condition);
      this.then = part(then);
      this.otherwise = part(otherwise);
    }

    @Override
    Object evaluate(Render render) {
      render.step(at);
      if (Values.truth(condition.evaluate(render))) {
        return then.evaluate(render);
      }
      return otherwise == null
          ? new Undefined("an 'if' without 'else' was false")
          : otherwise.evaluate(render);
    }
  }
}
