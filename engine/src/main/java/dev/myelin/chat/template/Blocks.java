package dev.myelin.chat.template;

import java.util.List;

/** The statements that run a body in a scope of its own. */
final class Blocks {
  /** Items that a macro counts for, with the scope that it keeps. */
  private static final int MACRO = 32;

  private Blocks() {}

  /** A set block: its text goes into a variable. */
  static final class SetBlock extends Stmt {
    private final Target target;
    private final Calls.Filter filter; // may be null
    private final Body body;

    SetBlock(int at, Target target, Calls.Filter filter, Body body) {
      super(at);
      this.target = part(target);
      this.filter = part(filter);
      this.body = part(body);
    }

    @Override
    void execute(Render render) {
      Str text = render.capture(body, new Scope(render.scope));
      Object value = filter == null ? text : filter.evaluate(text, render);
      render.at = at;
      target.assign(value, render);
    }
  }

  static final class FilterBlock extends Stmt {
    private final Calls.Filter filter;
    private final Body body;

    FilterBlock(int at, Calls.Filter filter, Body body) {
      super(at);
      this.filter = part(filter);
      this.body = part(body);
    }

    @Override
    void execute(Render render) {
      Str text = render.capture(body, new Scope(render.scope));
      Object value = filter.evaluate(text, render);
      render.out.append(Repr.text(value, render.budget));
    }
  }

  static final class With extends Stmt {
    private final List<Target> targets;
    private final List<Expr> values;
    private final Body body;

    With(int at, List<Target> targets, List<Expr> values, Body body) {
      super(at);
      this.targets = parts(targets);
      this.values = parts(values);
      this.body = part(body);
    }

    @Override
    void execute(Render render) {
      Scope outer = render.scope;
      Scope inner = new Scope(outer);
      for (int i = 0; i < targets.size(); i++) {
        Object value = values.get(i).evaluate(render);
        render.scope = inner;
        targets.get(i).assign(value, render);
        render.scope = outer;
      }
      render.run(body, inner);
    }
  }

  static final class MacroBlock extends Stmt {
    private final Macro.Code code;

    MacroBlock(int at, Macro.Code code) {
      super(at);
      this.code = code;
      part(code.body());
      parts(code.defaults());
    }

    @Override
    void execute(Render render) {
      render.budget.items(MACRO);
      render.scope.set(code.name(), new Macro(code, render.scope));
    }
  }

  static final class CallBlock extends Stmt {
    private final Calls.Call call;
    private final Macro.Code code;

    CallBlock(int at, Calls.Call call, Macro.Code code) {
      super(at);
      this.call = part(call);
      this.code = code;
      part(code.body());
      parts(code.defaults());
    }

    @Override
    void execute(Render render) {
      render.budget.items(MACRO);
      Object text = call.evaluate(render, new Macro(code, render.scope));
      render.out.append(Repr.text(text, render.budget));
    }
  }

  /** A body whose names stay inside: {@code generation}, {@code block}, {@code autoescape}. */
  static final class Scoped extends Stmt {
    private final Body body;
    private final Expr autoescape; // null: as around it
    private final boolean top; // sees the template's own names only, as a block does

    Scoped(int at, Body body, Expr autoescape, boolean top) {
      super(at);
      this.body = part(body);
      this.autoescape = part(autoescape);
      this.top = top;
    }

    @Override
    void execute(Render render) {
      boolean before = render.autoescape;
      if (autoescape != null) {
        render.autoescape = Values.truth(autoescape.evaluate(render));
      }
      render.run(body, new Scope(top ? render.root : render.scope));
      render.autoescape = before;
    }
  }
}
