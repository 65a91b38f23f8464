package dev.myelin.chat.template;

import java.util.List;

/** Statements without their own scope, and template data. */
final class SimpleStatements {
  private SimpleStatements() {}

  static final class TemplateData extends Statement {
    private final Str text;

    TemplateData(int at, String text) {
      super(at);
      this.text = Str.of(text);
    }

    @Override
    void execute(RenderContext context) {
      context.output.append(text);
    }
  }

  static final class Output extends Statement {
    private final Expression value;

    Output(int at, Expression value) {
      super(at);
      this.value = child(value);
    }

    @Override
    void execute(RenderContext context) {
      Object result = value.evaluate(context);
      context.offset = offset;
      context.output.append(
          context.autoescape ? Html.escape(result, context) : Repr.str(result, context.budget));
    }
  }

  static final class If extends Statement {
    private final List<Expression> conditions;
    private final List<Body> bodies;
    private final Body elseBody; // may be null

    If(int at, List<Expression> conditions, List<Body> bodies, Body elseBody) {
      super(at);
      this.conditions = children(conditions);
      this.bodies = children(bodies);
      this.elseBody = child(elseBody);
    }

    @Override
    void execute(RenderContext context) {
      for (int i = 0; i < conditions.size(); i++) {
        if (Values.isTruthy(conditions.get(i).evaluate(context))) {
          bodies.get(i).execute(context);
          return;
        }
      }
      if (elseBody != null) {
        elseBody.execute(context);
      }
    }
  }

  static final class Set extends Statement {
    private final Target target;
    private final Expression value;

    Set(int at, Target target, Expression value) {
      super(at);
      this.target = child(target);
      this.value = child(value);
    }

    @Override
    void execute(RenderContext context) {
      Object result = value.evaluate(context);
      context.offset = offset;
      target.assign(result, context);
    }
  }

  /** {@code break} or {@code continue}. */
  static final class LoopControl extends Statement {
    private final RenderContext.Jump jump;

    LoopControl(int at, RenderContext.Jump jump) {
      super(at);
      this.jump = jump;
    }

    @Override
    void execute(RenderContext context) {
      context.jump = jump;
    }
  }
}
