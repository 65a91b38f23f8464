package dev.myelin.chat.template;

import java.util.List;

/** The statements without blocks of their own, and text. */
final class Statements {
  private Statements() {}

  static final class Text extends Stmt {
    private final Str text;

    Text(int at, String text) {
      super(at);
      this.text = Str.of(text);
    }

    @Override
    void execute(Render render) {
      render.out.append(text);
    }
  }

  static final class Output extends Stmt {
    private final Expr value;

    Output(int at, Expr value) {
      super(at);
      this.value = part(value);
    }

    @Override
    void execute(Render render) {
      Object result = value.evaluate(render);
      render.at = at;
      render.out.append(
          render.autoescape ? Html.escape(result, render) : Repr.text(result, render.budget));
    }
  }

  static final class If extends Stmt {
    private final List<Expr> conditions;
    private final List<Body> bodies;
    private final Body otherwise; // may be null

    If(int at, List<Expr> conditions, List<Body> bodies, Body otherwise) {
      super(at);
      this.conditions = parts(conditions);
      this.bodies = parts(bodies);
      this.otherwise = part(otherwise);
    }

    @Override
    void execute(Render render) {
      for (int i = 0; i < conditions.size(); i++) {
        if (Values.truth(conditions.get(i).evaluate(render))) {
          bodies.get(i).execute(render);
          return;
        }
      }
      if (otherwise != null) {
        otherwise.execute(render);
      }
    }
  }

  static final class Set extends Stmt {
    private final Target target;
    private final Expr value;

    Set(int at, Target target, Expr value) {
      super(at);
      this.target = part(target);
      this.value = part(value);
    }

    @Override
    void execute(Render render) {
      Object result = value.evaluate(render);
      render.at = at;
      target.assign(result, render);
    }
  }

  /** {@code break} or {@code continue}. */
  static final class JumpTo extends Stmt {
    private final Render.Jump jump;

    JumpTo(int at, Render.Jump jump) {
      super(at);
      this.jump = jump;
    }

    @Override
    void execute(Render render) {
      render.jump = jump;
    }
  }
}
