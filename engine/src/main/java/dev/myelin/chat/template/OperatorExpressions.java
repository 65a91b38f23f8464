package dev.myelin.chat.template;

import java.util.List;

/** Operator expressions. */
final class OperatorExpressions {
  private OperatorExpressions() {}

  /** One of + - * / // % **. */
  static final class Binary extends Expression {
    private final String operator;
    private final Expression left;
    private final Expression right;

    Binary(int at, String operator, Expression left, Expression right) {
      super(at);
      this.operator = operator;
      this.left = child(left);
      this.right = child(right);
    }

    @Override
    Object evaluate(RenderContext context) {
      Object a = left.evaluate(context);
      Object b = right.evaluate(context);
      context.step(offset);
      return Arithmetic.compute(operator, a, b, context);
    }
  }

  /** The operator ~. */
  static final class Concat extends Expression {
    private final List<Expression> operands;

    Concat(int at, List<Expression> operands) {
      super(at);
      this.operands = children(operands);
    }

    @Override
    Object evaluate(RenderContext context) {
      Object[] values = new Object[operands.size()];
      boolean markup = false;
      for (int i = 0; i < values.length; i++) {
        values[i] = operands.get(i).evaluate(context);
        markup |= values[i] instanceof Str text && text.markup;
      }
      context.step(offset);
      markup &= context.autoescape;
      StrBuilder text = new StrBuilder(context.budget);
      for (Object value : values) {
        text.append(markup ? Html.escape(value, context) : Repr.str(value, context.budget));
      }
      return text.build().markup(markup);
    }
  }

  static final class Not extends Expression {
    private final Expression operand;

    Not(int at, Expression operand) {
      super(at);
      this.operand = child(operand);
    }

    @Override
    Object evaluate(RenderContext context) {
      context.step(offset);
      return !Values.isTruthy(operand.evaluate(context));
    }
  }

  static final class UnarySign extends Expression {
    private final boolean isMinus;
    private final Expression operand;

    UnarySign(int at, boolean isMinus, Expression operand) {
      super(at);
      this.isMinus = isMinus;
      this.operand = child(operand);
    }

    @Override
    Object evaluate(RenderContext context) {
      Object value = Values.requireDefined(operand.evaluate(context));
      context.step(offset);
      if (!Values.isNumber(value)) {
        throw new TemplateError(
            "'" + (isMinus ? "-" : "+") + "' before '" + Values.typeName(value) + "'");
      }
      return isMinus ? Numbers.negate(value) : Numbers.boolToInt(value);
    }
  }

  /** {@code and}, {@code or}; the value is that of the deciding operand. */
  static final class Logical extends Expression {
    private final boolean isAnd;
    private final Expression left;
    private final Expression right;

    Logical(int at, boolean isAnd, Expression left, Expression right) {
      super(at);
      this.isAnd = isAnd;
      this.left = child(left);
      this.right = child(right);
    }

    @Override
    Object evaluate(RenderContext context) {
      context.step(offset);
      Object value = left.evaluate(context);
      return Values.isTruthy(value) == isAnd ? right.evaluate(context) : value;
    }
  }

  /** A chain of comparisons: {@code a < b <= c}. */
  static final class Comparison extends Expression {
    private final Expression first;
    private final List<String> operators;
    private final List<Expression> operands;

    Comparison(int at, Expression first, List<String> operators, List<Expression> operands) {
      super(at);
      this.first = child(first);
      this.operators = operators;
      this.operands = children(operands);
    }

    @Override
    Object evaluate(RenderContext context) {
      Object left = first.evaluate(context);
      for (int i = 0; i < operands.size(); i++) {
        Object right = operands.get(i).evaluate(context);
        context.step(offset);
        if (!test(operators.get(i), left, right, context.budget)) {
          return false;
        }
        left = right;
      }
      return true;
    }

    static boolean test(String operator, Object a, Object b, Budget budget) {
      switch (operator) {
        case "==":
          return Comparisons.equal(a, b, budget);
        case "!=":
          return !Comparisons.equal(a, b, budget);
        case "in":
          return Comparisons.contains(b, a, budget);
        case "not in":
          return !Comparisons.contains(b, a, budget);
        default:
          int order = Comparisons.compare(a, b, operator, budget);
          boolean holds = operator.charAt(0) == '<' ? order < 0 : order > 0;
          return (holds || order == 0 && operator.length() == 2) && !Numbers.isUnordered(a, b);
      }
    }
  }

  static final class Conditional extends Expression {
    private final Expression condition;
    private final Expression thenValue;
    private final Expression elseValue; // may be null

    Conditional(int at, Expression condition, Expression thenValue, Expression elseValue) {
      super(at);
      this.condition = child(condition);
      this.thenValue = child(thenValue);
      this.elseValue = child(elseValue);
    }

    @Override
    Object evaluate(RenderContext context) {
      context.step(offset);
      if (Values.isTruthy(condition.evaluate(context))) {
        return thenValue.evaluate(context);
      }
      return elseValue == null
          ? new Undefined("an 'if' without 'else' was false")
          : elseValue.evaluate(context);
    }
  }
}
