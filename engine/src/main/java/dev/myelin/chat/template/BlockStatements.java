package dev.myelin.chat.template;

import java.util.List;

/** Statements with a body, which runs in its own scope. */
final class BlockStatements {
  /** The charge for a macro and its scope, in items. */
  private static final int MACRO_ITEMS = 32;

  private BlockStatements() {}

  /** A set block: assigns its text to a variable. */
  static final class SetBlock extends Statement {
    private final Target target;
    private final CallExpressions.FilterCall filter; // may be null
    private final Body body;

    SetBlock(int at, Target target, CallExpressions.FilterCall filter, Body body) {
      super(at);
      this.target = child(target);
      this.filter = child(filter);
      this.body = child(body);
    }

    @Override
    void execute(RenderContext context) {
      Str text = context.capture(body, new Scope(context.scope));
      Object value = filter == null ? text : filter.evaluate(text, context);
      context.offset = offset;
      target.assign(value, context);
    }
  }

  static final class FilterBlock extends Statement {
    private final CallExpressions.FilterCall filter;
    private final Body body;

    FilterBlock(int at, CallExpressions.FilterCall filter, Body body) {
      super(at);
      this.filter = child(filter);
      this.body = child(body);
    }

    @Override
    void execute(RenderContext context) {
      Str text = context.capture(body, new Scope(context.scope));
      Object value = filter.evaluate(text, context);
      context.output.append(Repr.str(value, context.budget));
    }
  }

  static final class With extends Statement {
    private final List<Target> targets;
    private final List<Expression> values;
    private final Body body;

    With(int at, List<Target> targets, List<Expression> values, Body body) {
      super(at);
      this.targets = children(targets);
      this.values = children(values);
      this.body = child(body);
    }

    @Override
    void execute(RenderContext context) {
      Scope outer = context.scope;
      Scope inner = new Scope(outer);
      for (int i = 0; i < targets.size(); i++) {
        Object value = values.get(i).evaluate(context);
        context.scope = inner;
        targets.get(i).assign(value, context);
        context.scope = outer;
      }
      context.run(body, inner);
    }
  }

  static final class MacroDefinition extends Statement {
    private final Macro.Definition definition;

    MacroDefinition(int at, Macro.Definition definition) {
      super(at);
      this.definition = definition;
      child(definition.body());
      children(definition.defaults());
    }

    @Override
    void execute(RenderContext context) {
      context.budget.chargeItems(MACRO_ITEMS);
      context.scope.set(definition.name(), new Macro(definition, context.scope));
    }
  }

  static final class CallBlock extends Statement {
    private final CallExpressions.Call call;
    private final Macro.Definition definition;

    CallBlock(int at, CallExpressions.Call call, Macro.Definition definition) {
      super(at);
      this.call = child(call);
      this.definition = definition;
      child(definition.body());
      children(definition.defaults());
    }

    @Override
    void execute(RenderContext context) {
      context.budget.chargeItems(MACRO_ITEMS);
      Object text = call.evaluate(context, new Macro(definition, context.scope));
      context.output.append(Repr.str(text, context.budget));
    }
  }

  /** A body with its own scope: {@code generation}, {@code block}, {@code autoescape}. */
  static final class ScopedBlock extends Statement {
    private final Body body;
    private final Expression autoescape; // null: inherited
    private final boolean isolated; // sees global variables only, as a block does

    ScopedBlock(int at, Body body, Expression autoescape, boolean isolated) {
      super(at);
      this.body = child(body);
      this.autoescape = child(autoescape);
      this.isolated = isolated;
    }

    @Override
    void execute(RenderContext context) {
      boolean before = context.autoescape;
      if (autoescape != null) {
        context.autoescape = Values.isTruthy(autoescape.evaluate(context));
      }
      context.run(body, new Scope(isolated ? context.root : context.scope));
      context.autoescape = before;
    }
  }
}
