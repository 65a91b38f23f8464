package dev.myelin.chat.jinja;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The kinds of expressions. */
final class Expressions {
  private Expressions() {}

  record Literal(Object constant) implements Expression {
    @Override
    public Object evaluate(Render render) {
      return constant;
    }
  }

  record Name(String name) implements Expression {
    @Override
    public Object evaluate(Render render) {
      return render.scope().get(name);
    }
  }

  record ListOf(List<Expression> items) implements Expression {
    @Override
    public Object evaluate(Render render) {
      List<Object> list = new ArrayList<>(items.size());
      items.forEach(item -> list.add(item.value(render)));
      return list;
    }
  }

  record MapOf(List<Expression> keys, List<Expression> values) implements Expression {
    @Override
    public Object evaluate(Render render) {
      Map<Object, Object> map = new LinkedHashMap<>();
      for (int i = 0; i < keys.size(); i++) {
        map.put(Values.key(keys.get(i).value(render)), values.get(i).value(render));
      }
      return map;
    }
  }

  /** {@code then if condition else otherwise}; without else it is undefined. */
  record Conditional(Expression condition, Expression then, Expression otherwise)
      implements Expression {
    @Override
    public Object evaluate(Render render) {
      if (Values.truth(condition.value(render))) {
        return then.value(render);
      }
      return otherwise == null
          ? new Undefined("the inline if was false and has no else")
          : otherwise.value(render);
    }
  }

  /** Returns an operand, not a boolean, and looks at the right one only if needed. */
  record And(Expression left, Expression right) implements Expression {
    @Override
    public Object evaluate(Render render) {
      Object value = left.value(render);
      return Values.truth(value) ? right.value(render) : value;
    }
  }

  record Or(Expression left, Expression right) implements Expression {
    @Override
    public Object evaluate(Render render) {
      Object value = left.value(render);
      return Values.truth(value) ? value : right.value(render);
    }
  }

  record Not(Expression operand) implements Expression {
    @Override
    public Object evaluate(Render render) {
      return !Values.truth(operand.value(render));
    }
  }

  record Negate(Expression operand) implements Expression {
    @Override
    public Object evaluate(Render render) {
      return Operators.negate(operand.value(render));
    }
  }

  record Binary(String operator, Expression left, Expression right) implements Expression {
    @Override
    public Object evaluate(Render render) {
      return Operators.binary(operator, left.value(render), right.value(render), render);
    }
  }

  /** A chain such as {@code a < b <= c}: each operand is computed once. */
  record Compare(Expression first, List<String> operators, List<Expression> rest)
      implements Expression {
    @Override
    public Object evaluate(Render render) {
      Object left = first.value(render);
      for (int i = 0; i < rest.size(); i++) {
        Object right = rest.get(i).value(render);
        if (!Operators.compare(operators.get(i), left, right, render)) {
          return false;
        }
        left = right;
      }
      return true;
    }
  }

  record Attribute(Expression owner, String name) implements Expression {
    @Override
    public Object evaluate(Render render) {
      return Values.attribute(owner.value(render), name);
    }
  }

  record Item(Expression owner, Expression key) implements Expression {
    @Override
    public Object evaluate(Render render) {
      return Values.item(owner.value(render), key.value(render));
    }
  }

  /** Bounds that are absent are null. */
  record Slice(Expression owner, Expression start, Expression stop, Expression step)
      implements Expression {
    @Override
    public Object evaluate(Render render) {
      Object value = Values.defined(owner.value(render));
      if (!(value instanceof String || value instanceof List)) {
        return new Undefined("'" + Values.typeName(value) + "' cannot be sliced");
      }
      render.spend(Values.length(value));
      Long stride = bound(step, render);
      return Slices.slice(
          value, bound(start, render), bound(stop, render), stride == null ? 1 : stride);
    }

    private static Long bound(Expression bound, Render render) {
      Object value = bound == null ? None.NONE : bound.value(render);
      return value == None.NONE ? null : (Long) Values.integer(value, "slice bound");
    }
  }

  /** Arguments as written; {@link #value} makes them {@link Arguments}. */
  record Parameters(List<Expression> positional, Map<String, Expression> named) {
    Arguments value(Render render) {
      if (positional.isEmpty() && named.isEmpty()) {
        return Arguments.NONE;
      }
      List<Object> values = new ArrayList<>(positional.size());
      positional.forEach(each -> values.add(each.value(render)));
      Map<String, Object> keywords = new LinkedHashMap<>();
      named.forEach((name, each) -> keywords.put(name, each.value(render)));
      return new Arguments(values, keywords);
    }
  }

  record Call(Expression function, Parameters parameters) implements Expression {
    @Override
    public Object evaluate(Render render) {
      Object value = Values.defined(function.value(render));
      if (value instanceof Callable callable) {
        return callable.call(parameters.value(render), render);
      }
      throw new RenderFailure("'" + Values.typeName(value) + "' cannot be called");
    }
  }

  record Filtered(Expression input, String name, Filter filter, Parameters parameters)
      implements Expression {
    @Override
    public Object evaluate(Render render) {
      return filter.apply(input.value(render), parameters.value(render), render);
    }
  }

  record Tested(Expression input, String name, Test test, Parameters parameters)
      implements Expression {
    @Override
    public Object evaluate(Render render) {
      return test.holds(input.value(render), parameters.value(render), render);
    }
  }
}
