package dev.myelin.chat.template;

import java.util.ArrayList;
import java.util.List;

/** What a value is assigned to: a name, a namespace's attribute, or several of them. */
abstract class Target extends Node {
  Target(int at) {
    super(at);
  }

  abstract void assign(Object value, Render render);

  static final class Name extends Target {
    private final String name;

    Name(int at, String name) {
      super(at);
      this.name = name;
    }

    @Override
    void assign(Object value, Render render) {
      render.scope.set(name, value);
    }

    @Override
    public String toString() {
      return name;
    }
  }

  static final class Attribute extends Target {
    private final String owner;
    private final String name;

    Attribute(int at, String owner, String name) {
      super(at);
      this.owner = owner;
      this.name = name;
    }

    @Override
    void assign(Object value, Render render) {
      render.at = at;
      if (!(render.name(owner) instanceof Namespace namespace)) {
        throw new Failure("set " + this + ": only a namespace's attributes can be set");
      }
      if (namespace.get(name) == null) {
        render.budget.items(4);
      }
      namespace.set(name, value);
    }

    @Override
    public String toString() {
      return owner + "." + name;
    }
  }

  static final class Several extends Target {
    private final List<Target> targets;

    Several(int at, List<Target> targets) {
      super(at);
      this.targets = parts(new ArrayList<>(targets));
    }

    @Override
    void assign(Object value, Render render) {
      render.step(at);
      Object[] values = Values.items(Values.defined(value), render.budget);
      if (values.length != targets.size()) {
        throw new Failure(
            values.length + " values for the " + targets.size() + " names " + targets);
      }
      for (int i = 0; i < values.length; i++) {
        targets.get(i).assign(values[i], render);
      }
    }

    @Override
    public String toString() {
      return targets.toString();
    }
  }
}
