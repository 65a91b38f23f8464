package dev.myelin.chat.template;

import java.time.Clock;
import java.time.ZonedDateTime;

/** One rendering: where it is, what it knows and what it has written. */
final class Render {
  /** What the innermost loop is asked to do. */
  enum Jump {
    NONE,
    CONTINUE,
    BREAK
  }

  final Budget budget;
  private final Clock clock;
  final Scope root;
  Scope scope;
  StrBuilder out;
  Jump jump = Jump.NONE;
  boolean autoescape;

  /** Offset in the template of what runs. */
  int at;

  Render(Budget budget, Clock clock, Scope root) {
    this.budget = budget;
    this.clock = clock;
    this.root = root;
    this.scope = root;
    this.out = new StrBuilder(budget);
  }

  /** The time; the first use of a time zone takes milliseconds, which few templates need. */
  ZonedDateTime now() {
    return ZonedDateTime.now(clock);
  }

  /** Pays for one node of the template, and notes where it is. */
  void step(int offset) {
    at = offset;
    budget.step();
  }

  /** The value of a name. */
  Object name(String name) {
    Object value = scope.get(name);
    if (value == null) {
      value = Functions.find(name);
    }
    return value == null ? Undefined.name(name) : value;
  }

  /** Runs code in a scope of its own, and returns what it wrote. */
  Str capture(Body body, Scope inner) {
    StrBuilder outerText = out;
    Scope outer = scope;
    out = new StrBuilder(budget);
    scope = inner;
    body.execute(this);
    Str text = out.str().markup(autoescape);
    out = outerText;
    scope = outer;
    return text;
  }

  /** Runs code in a scope of its own. */
  void run(Body body, Scope inner) {
    Scope outer = scope;
    scope = inner;
    body.execute(this);
    scope = outer;
  }
}
