package dev.myelin.chat.template;

import java.util.ArrayList;
import java.util.List;

/** The target of an assignment: a name, an attribute of a namespace, or a tuple of targets. */
abstract class Target extends Node {
  Target(int at) {
    super(at);
  }

  abstract void assign(Object value, RenderContext context);

  static final class Name extends Target {
    private final String name;

    Name(int at, String name) {
      super(at);
      this.name = name;
    }

    @Override
    void assign(Object value, RenderContext context) {
      context.scope.set(name, value);
    }

    @Override
    public String toString() {
      return name;
    }
  }

  static final class NamespaceAttribute extends Target {
    private final String owner;
    private final String name;

    NamespaceAttribute(int at, String owner, String name) {
      super(at);
      this.owner = owner;
      this.name = name;
    }

    @Override
    void assign(Object value, RenderContext context) {
      context.offset = offset;
      if (!(context.resolve(owner) instanceof Namespace namespace)) {
        throw new TemplateError("set " + this + ": only attributes of a namespace can be set");
      }
      if (namespace.get(name) == null) {
        context.budget.chargeItems(4);
      }
      namespace.set(name, value);
    }

    @Override
    public String toString() {
      return owner + "." + name;
    }
  }

  static final class TupleTarget extends Target {
    private final List<Target> targets;

    TupleTarget(int at, List<Target> targets) {
      super(at);
      this.targets = children(new ArrayList<>(targets));
    }

    @Override
    void assign(Object value, RenderContext context) {
      context.step(offset);
      Object[] values = Values.items(Values.requireDefined(value), context.budget);
      if (values.length != targets.size()) {
        throw new TemplateError(
            values.length + " values for the " + targets.size() + " names " + targets);
      }
      for (int i = 0; i < values.length; i++) {
        targets.get(i).assign(values[i], context);
      }
    }

    @Override
    public String toString() {
      return targets.toString();
    }
  }
}
