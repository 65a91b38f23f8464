package dev.myelin.chat.template;

import java.time.Clock;
import java.time.ZonedDateTime;

/** The state of one rendering: offset, scope and output. */
final class RenderContext {
  /** Control flow of the innermost loop. */
  enum Jump {
    NONE,
    CONTINUE,
    BREAK
  }

  final Budget budget;
  private final Clock clock;
  final Scope root;
  Scope scope;
  StrBuilder output;
  Jump jump = Jump.NONE;
  boolean autoescape;

  /** Offset in the template of the running node. */
  int offset;

  RenderContext(Budget budget, Clock clock, Scope root) {
    this.budget = budget;
    this.clock = clock;
    this.root = root;
    this.scope = root;
    this.output = new StrBuilder(budget);
  }

  /** The current time. Computed lazily, because the first use of a time zone takes milliseconds. */
  ZonedDateTime now() {
    return ZonedDateTime.now(clock);
  }

  /** Charges for one node, and records its offset. */
  void step(int offset) {
    this.offset = offset;
    budget.step();
  }

  /** The value of a name. */
  Object resolve(String name) {
    Object value = scope.get(name);
    if (value == null) {
      value = GlobalFunctions.find(name);
    }
    return value == null ? Undefined.name(name) : value;
  }

  /** Executes a body in another scope, and returns its output. */
  Str capture(Body body, Scope inner) {
    StrBuilder outerOutput = output;
    Scope outer = scope;
    output = new StrBuilder(budget);
    scope = inner;
    body.execute(this);
    Str text = output.build().markup(autoescape);
    output = outerOutput;
    scope = outer;
    return text;
  }

  /** Executes a body in another scope. */
  void run(Body body, Scope inner) {
    Scope outer = scope;
    scope = inner;
    body.execute(this);
    scope = outer;
  }
}
